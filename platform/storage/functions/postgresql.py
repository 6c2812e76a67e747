"""The functions of FEEL for PostgreSQL, created anew at every upgrade: NULL where FEEL has no result.

Numbers have 34 digits as in FEEL, rounded half to even: `fl_digits` does it, and costs little where nothing is to do.
Dates and moments stay in the years 1 to 9999, durations in 64 bits of microseconds. No operator `%` in these texts:
the driver would take it for a parameter.
"""

from __future__ import annotations

from formloom.storage.functions import letters

# Name with parameters, result, body.
_EXPRESSIONS = (
    ("fl_add(a numeric, b numeric)", "numeric", "fl_digits(a + b)"),
    ("fl_subtract(a numeric, b numeric)", "numeric", "fl_digits(a - b)"),
    ("fl_multiply(a numeric, b numeric)", "numeric", "fl_digits(a * b)"),
    ("fl_absolute(a numeric)", "numeric", "abs(a)"),
    ("fl_text(a numeric)", "text", "trim_scale(a)::text"),
    ("fl_before(t text, part text)", "text",
     "CASE WHEN part = '' OR strpos(t, part) = 0 THEN '' ELSE left(t, strpos(t, part) - 1) END"),
    ("fl_after(t text, part text)", "text",
     "CASE WHEN part = '' THEN t WHEN strpos(t, part) = 0 THEN ''"
     " ELSE substr(t, strpos(t, part) + char_length(part)) END"),
    ("fl_day_number(n numeric)", "date",
     "CASE WHEN n BETWEEN 0 AND 3652058 THEN date '0001-01-01' + n::int END"),
    ("fl_add_days(d date, s bigint)", "date", "fl_day_number(d - date '0001-01-01' + floor(s / 86400000000.0))"),
    ("fl_subtract_days(d date, s bigint)", "date", "fl_day_number(d - date '0001-01-01' + floor(-s / 86400000000.0))"),
    ("fl_add_months(d date, m bigint)", "date", "fl_day(fl_moved_months(fl_midnight(d), m))"),
    ("fl_subtract_months(d date, m bigint)", "date", "fl_add_months(d, -m)"),
    ("fl_days_between(a date, b date)", "bigint", "(a - b) * 86400000000"),
    ("fl_month_end(d date)", "date",
     "(date_trunc('month', d::timestamp) + interval '1 month' - interval '1 day')::date"),
    ("fl_part(name text, d date)", "bigint",
     "CASE name WHEN 'year' THEN extract(year FROM d) WHEN 'month' THEN extract(month FROM d)"
     " WHEN 'day' THEN extract(day FROM d) WHEN 'weekday' THEN extract(isodow FROM d)"
     " WHEN 'day of year' THEN extract(doy FROM d) WHEN 'week of year' THEN extract(week FROM d) END"),
    ("fl_name(name text, d date)", "text",
     "CASE name WHEN 'day of week' THEN (ARRAY['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday',"
     " 'Sunday'])[extract(isodow FROM d)::int] WHEN 'month of year' THEN (ARRAY['January', 'February', 'March',"
     " 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'])"
     "[extract(month FROM d)::int] END"),
    ("fl_day(m timestamptz)", "date", "(m AT TIME ZONE 'UTC')::date"),
    ("fl_midnight(d date)", "timestamptz", "d::timestamp AT TIME ZONE 'UTC'"),
    ("fl_clock(name text, m timestamptz)", "bigint",
     "CASE name WHEN 'hour' THEN extract(hour FROM m AT TIME ZONE 'UTC')"
     " WHEN 'minute' THEN extract(minute FROM m AT TIME ZONE 'UTC') END"),
    ("fl_second(m timestamptz)", "numeric", "extract(second FROM m AT TIME ZONE 'UTC')"),
    ("fl_moved_back(m timestamptz, s bigint)", "timestamptz", "fl_moved(m, -s)"),
    ("fl_moved_months(m timestamptz, n bigint)", "timestamptz",
     "CASE WHEN extract(year FROM m AT TIME ZONE 'UTC') * 12 + extract(month FROM m AT TIME ZONE 'UTC') - 1 + n"
     " BETWEEN 12 AND 119999 THEN (m AT TIME ZONE 'UTC' + make_interval(months => n::int)) AT TIME ZONE 'UTC' END"),
    ("fl_moved_months_back(m timestamptz, n bigint)", "timestamptz", "fl_moved_months(m, -n)"),
    ("fl_between(a timestamptz, b timestamptz)", "bigint",
     "((extract(epoch FROM a) - extract(epoch FROM b)) * 1000000)::bigint"),
    ("fl_span(n numeric)", "bigint", "CASE WHEN abs(n) <= 9223372036854775807 THEN n::bigint END"),
    ("fl_span_part(name text, s bigint)", "bigint",
     "sign(s::numeric) * CASE name WHEN 'days' THEN div(abs(s::numeric), 86400000000)"
     " WHEN 'hours' THEN mod(div(abs(s::numeric), 3600000000), 24)"
     " WHEN 'minutes' THEN mod(div(abs(s::numeric), 60000000), 60)"
     " WHEN 'seconds' THEN mod(div(abs(s::numeric), 1000000), 60) END"),
    ("fl_span_add(a bigint, b bigint)", "bigint", "fl_span(a::numeric + b)"),
    ("fl_span_subtract(a bigint, b bigint)", "bigint", "fl_span(a::numeric - b)"),
    ("fl_span_absolute(a bigint)", "bigint", "fl_span(abs(a::numeric))"),
    ("fl_span_scaled(a bigint, n numeric)", "bigint", "fl_span(fl_rounded(a * n, 0, 'ROUND_HALF_EVEN'))"),
    ("fl_span_ratio(a bigint, b bigint)", "numeric", "fl_divide(a, b)"),
)
_BLOCKS = (
    ("fl_rounded(v numeric, places bigint, mode text)", "numeric", """
    DECLARE
        kept numeric := trunc(v, places::int);
        rest numeric := abs(v - kept);
        half numeric;
        away boolean;
    BEGIN
        IF rest = 0 THEN RETURN kept; END IF;
        half := ('5e' || (-places - 1))::numeric;
        away := CASE mode
            WHEN 'ROUND_FLOOR' THEN v < 0
            WHEN 'ROUND_CEILING' THEN v > 0
            WHEN 'ROUND_UP' THEN true
            WHEN 'ROUND_DOWN' THEN false
            WHEN 'ROUND_HALF_UP' THEN rest >= half
            WHEN 'ROUND_HALF_DOWN' THEN rest > half
            WHEN 'ROUND_HALF_EVEN' THEN
                rest > half OR (rest = half AND mod(abs(kept) * ('1e' || places)::numeric, 2) = 1)
        END;
        RETURN CASE WHEN away THEN kept + sign(v) * ('1e' || -places)::numeric ELSE kept END;
    END"""),
    ("fl_digits(v numeric)", "numeric", """
    DECLARE
        size numeric := abs(v);
    BEGIN
        IF size < ('1e' || (34 - scale(v)))::numeric THEN RETURN v; END IF;
        IF size >= 1 THEN RETURN fl_rounded(v, 34 - char_length(trunc(size)::text), 'ROUND_HALF_EVEN'); END IF;
        RETURN fl_rounded(v, 34 + char_length(substring(size::text from '^0[.](0*)')), 'ROUND_HALF_EVEN');
    END"""),
    # One digit more than is kept, and after it whether anything follows: no tie but a true one.
    ("fl_divide(a numeric, b numeric)", "numeric", """
    DECLARE
        places int;
        whole numeric;
        found numeric;
    BEGIN
        IF b = 0 THEN RETURN NULL; END IF;
        places := 36 + scale(a) + char_length(trunc(abs(b))::text);
        whole := a * ('1e' || places)::numeric;
        found := div(whole, b);
        IF found * b <> whole THEN
            found := found * 10 + sign(a) * sign(b);
            places := places + 1;
        END IF;
        RETURN trim_scale(fl_digits(found * ('1e-' || places)::numeric));
    END"""),
    ("fl_modulo(a numeric, b numeric)", "numeric", """
    DECLARE
        rest numeric;
    BEGIN
        IF b = 0 OR abs(div(a, b)) >= 1e34 THEN RETURN NULL; END IF;
        rest := fl_digits(mod(a, b));
        RETURN CASE WHEN sign(rest) * sign(b) < 0 THEN fl_digits(rest + b) ELSE rest END;
    END"""),
    ("fl_months_between(a date, b date)", "bigint", """
    DECLARE
        years bigint := extract(year FROM b) - extract(year FROM a);
        found bigint := years * 12 + extract(month FROM b) - extract(month FROM a);
        days bigint := extract(day FROM b) - extract(day FROM a);
    BEGIN
        RETURN found - CASE WHEN found > 0 AND days < 0 THEN 1 WHEN found < 0 AND days > 0 THEN -1 ELSE 0 END;
    END"""),
    # Hours and the rest apart: the product with an interval is exact for these.
    ("fl_moved(m timestamptz, s bigint)", "timestamptz", """
    DECLARE
        reached numeric := extract(epoch FROM m) * 1000000 + s;
    BEGIN
        IF reached NOT BETWEEN -62135596800000000 AND 253402300799999999 THEN RETURN NULL; END IF;
        RETURN m + (s / 3600000000) * interval '1 hour' + mod(s, 3600000000) * interval '1 microsecond';
    END"""),
    ("fl_span_divided(a bigint, n numeric)", "bigint", """
    DECLARE
        whole numeric;
        rest numeric;
    BEGIN
        IF n = 0 THEN RETURN NULL; END IF;
        whole := div(a, n);
        rest := 2 * abs(a - whole * n);
        IF rest > abs(n) OR (rest = abs(n) AND mod(whole, 2) <> 0) THEN
            whole := whole + sign(a::numeric) * sign(n);
        END IF;
        RETURN fl_span(whole);
    END"""),
)
# The length may be missing: then all that follows is meant.
_SUBSTRING = """
    CREATE OR REPLACE FUNCTION fl_substring(t text, first numeric, size numeric) RETURNS text
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE AS $body$
    DECLARE
        letters int := char_length(t);
    BEGIN
        IF t IS NULL OR first IS NULL OR trunc(first) = 0 OR abs(trunc(first)) > letters OR trunc(size) < 1 THEN
            RETURN NULL;
        END IF;
        first := CASE WHEN first > 0 THEN trunc(first) ELSE letters + trunc(first) + 1 END;
        RETURN substr(t, first::int, least(trunc(size), letters)::int);
    END $body$"""


def functions() -> tuple[str, ...]:
    """Statements that create them all; a body is read when it is first called, so their order does not matter."""
    blocks = (_made(name, result, body) for name, result, body in _BLOCKS)
    expressions = (_made(name, result, f"BEGIN RETURN {body}; END") for name, result, body in _EXPRESSIONS)
    return (*blocks, *expressions, _SUBSTRING, *letters.functions())


def _made(name: str, result: str, body: str) -> str:
    return (f"CREATE OR REPLACE FUNCTION {name} RETURNS {result} LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE "
            f"AS $body$ {body} $body$")
