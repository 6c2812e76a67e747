"""What FEEL computes and SQL does not: functions of the same names on both databases, all of them `fl_...`."""
