"""What records add up to: periods, and the numbers and charts of dashboards."""
