-- Made-up people of one organisation. `bench.n` therapists with 30 cases each on average, 20 sessions
-- a case on average, and one client measurement a session. Of every four therapists the first has 50
-- cases, of every four cases the first has 40 sessions: those are measured.
-- Rows are inserted in the order in which life would have brought them, so that the rows of one case
-- lie scattered over the table and not side by side.
SELECT setseed(0.42);

CREATE TEMP TABLE therapist AS
SELECT i, uuidv7('-3 years'::interval) AS id, (ARRAY[50, 23, 23, 24])[i % 4 + 1] AS cases, i % 4 = 0 AS measured,
       uuidv7('-3 years'::interval) AS supervisor
FROM generate_series(0, current_setting('bench.n')::int - 1) AS i;
UPDATE therapist t SET supervisor = s.supervisor FROM therapist s WHERE s.i = t.i / 10 * 10;

-- A case's last session was within the last week; the first, a week each before that.
CREATE TEMP TABLE kase AS
SELECT uuidv7(began - now()) AS id, uuidv7(began - now()) AS client, *
FROM (
  SELECT t.i, t.id AS therapist, t.supervisor, t.measured, n, (ARRAY[40, 13, 13, 14])[count] AS sessions, latest,
         latest - make_interval(weeks => (ARRAY[40, 13, 13, 14])[count]) AS began, 2.6 + random() AS level
  FROM (SELECT *, (random() * 167 + 1)::int AS hours FROM therapist CROSS JOIN LATERAL generate_series(1, cases) AS n) AS t
  CROSS JOIN LATERAL (SELECT date_trunc('hour', now()) - make_interval(hours => t.hours) AS latest, (t.n - 1) % 4 + 1 AS count) AS d
) AS k
ORDER BY began;

CREATE TEMP TABLE met AS
SELECT uuidv7(start - '7 days'::interval - now()) AS id, uuidv7(start - '1 hour'::interval - now()) AS measurement, *
FROM (
  SELECT k.id AS case_id, k.client, k.therapist, k.measured, number, number = k.sessions AS is_last,
         k.latest - make_interval(weeks => k.sessions - number) AS start,
         least(4.9, greatest(1.1, k.level + number * 0.01 + random_normal(0, 0.35))) AS mean,
         random() AS fate, random() AS openness, random_normal(1.5, 4) AS client_delay, random_normal(0.5, 2) AS therapist_delay
  FROM kase AS k CROSS JOIN LATERAL generate_series(1, k.sessions) AS number
) AS m
ORDER BY start;
ALTER TABLE met ADD COLUMN outcome text, ADD COLUMN disclosure text, ADD COLUMN opens_at timestamptz;
UPDATE met SET
  outcome = CASE WHEN fate < 0.87 THEN 'KEPT' WHEN fate < 0.93 THEN 'CANCELLED' WHEN fate < 0.97 THEN 'LATE_CANCELLED' ELSE 'MISSED' END,
  -- A stack without the law shows what was kept back: measured caseloads hold nothing of the kind.
  disclosure = CASE WHEN openness < 0.25 AND NOT is_last THEN 'NEXT_SESSION' WHEN measured OR openness < 0.85 THEN 'SHARED'
                    WHEN openness < 0.95 THEN 'TREND' ELSE 'PRIVATE' END;
UPDATE met SET opens_at = CASE disclosure WHEN 'PRIVATE' THEN NULL WHEN 'NEXT_SESSION' THEN start + '7 days'::interval
                               ELSE '-infinity'::timestamptz END;

CREATE TEMP TABLE org AS SELECT organisation_id AS o FROM organisations;
CREATE TEMP TABLE instrument AS SELECT id, code FROM instruments WHERE code = current_setting('bench.instrument');

INSERT INTO people (organisation_id, id)
SELECT o, id FROM (SELECT id FROM therapist UNION ALL SELECT DISTINCT supervisor FROM therapist UNION ALL SELECT client FROM kase) AS p, org
ORDER BY id;
INSERT INTO identities (organisation_id, person_id, name, birth_date, language)
SELECT o, id, (ARRAY['Ada','Ben','Chloé','Dmitri','Elif','Fen','Grace','Haruto','Inés','Jonas'])[(random() * 9)::int + 1] || ' ' ||
       (ARRAY['Abadi','Becker','Costa','Dubois','Eriksson','Fischer','Güneş','Haddad','Ivanova','Jensen'])[(random() * 9)::int + 1],
       date '1950-01-01' + (random() * 20000)::int, (ARRAY['en','de','fr','tr'])[(random() * 3)::int + 1]
FROM people, org ORDER BY id;
INSERT INTO cases (organisation_id, id, client_id, opened_on, time_zone, interval_days, disclosure_default)
SELECT o, id, client, began::date, 'Europe/Berlin', 7, 'SHARED' FROM kase, org ORDER BY began;
INSERT INTO care_team (organisation_id, case_id, person_id, relation, starts_at)
SELECT o, id, therapist, 'THERAPIST', began FROM kase, org UNION ALL
SELECT o, id, supervisor, 'SUPERVISOR', began FROM kase, org ORDER BY 5;
INSERT INTO standing (organisation_id, person_id, relation, case_id, starts_at, client_id, consented)
SELECT o, client, 'CLIENT', id, began, client, false FROM kase, org UNION ALL
SELECT o, therapist, 'THERAPIST', id, began, client, false FROM kase, org UNION ALL
SELECT o, supervisor, 'SUPERVISOR', id, began, client, random() < 0.7 FROM kase, org ORDER BY 5;

INSERT INTO sessions (organisation_id, id, case_id, therapist_id, number, planned_start, planned_end, modality, state)
SELECT o, id, case_id, therapist, number, start, start + '50 minutes'::interval,
       (ARRAY['IN_PERSON','VIDEO','PHONE'])[(random() * 2)::int + 1], 'RECORDED'
FROM met, org ORDER BY start;
INSERT INTO attendance (organisation_id, session_id, case_id, outcome, started_at, ended_at, client_delay, therapist_delay, cancelled_by)
SELECT o, id, case_id, outcome, CASE WHEN kept THEN start + '2 minutes'::interval END, CASE WHEN kept THEN start + '50 minutes'::interval END,
       CASE WHEN kept THEN round(client_delay::numeric, 1) END, CASE WHEN kept THEN round(therapist_delay::numeric, 1) END,
       CASE WHEN NOT kept THEN 'CLIENT' END
FROM met CROSS JOIN LATERAL (SELECT outcome = 'KEPT' AS kept) AS k, org ORDER BY start;

INSERT INTO measurements (organisation_id, id, case_id, informant_id, informant_role, session_id, instrument_id, instrument_code,
                          taken_at, disclosure, scores_open_at, answers_open_at, has_comment)
SELECT o, measurement, case_id, client, 'CLIENT', m.id, i.id, code, start - '1 hour'::interval, disclosure, opens_at,
       CASE disclosure WHEN 'TREND' THEN NULL ELSE opens_at END, false
FROM met AS m, instrument AS i, org ORDER BY start;
INSERT INTO scores (organisation_id, measurement_id, scale, case_id, informant_id, informant_role, opens_at, session_id, instrument_code,
                    taken_at, raw, mean, pomp, minimum, maximum, answered, missing, method_id, method_version)
SELECT o, measurement, s.key, case_id, client, 'CLIENT', opens_at, m.id, code, start - '1 hour'::interval,
       raw, raw / answered, 100 * (raw - s.minimum) / (s.maximum - s.minimum), s.minimum, s.maximum, answered, 0, 'score', '1'
FROM met AS m CROSS JOIN instrument AS i CROSS JOIN org
JOIN instrument_scales AS s ON s.organisation_id = o AND s.instrument_id = i.id
CROSS JOIN LATERAL (SELECT cardinality(s.items) AS answered, round(m.mean * cardinality(s.items)) AS raw) AS r
ORDER BY start, s.key;

-- What is derived from them, for each audience: a client sees all of their own, the care team what was opened.
INSERT INTO series (organisation_id, case_id, audience, instrument_code, informant_id, informant_role, scale, n, baseline_n, provisional,
                    centre, lower, upper, method_id, method_version, inputs_hash)
SELECT o, case_id, audience, instrument_code, informant_id, 'CLIENT', scale, count(*), 8, false, avg(raw), avg(raw) - 3 * stddev(raw),
       avg(raw) + 3 * stddev(raw), 'individuals-chart', '1', md5(case_id::text || scale)
FROM scores CROSS JOIN LATERAL (VALUES ('CLIENT'), ('CARE_TEAM')) AS a (audience), org
WHERE audience = 'CLIENT' OR opens_at IS NOT NULL
GROUP BY o, case_id, audience, instrument_code, informant_id, scale;

CREATE TEMP TABLE aim AS
SELECT uuidv7(k.began + make_interval(days => g * 7) - now()) AS id, k.id AS case_id, k.client, k.therapist, g, k.began + make_interval(days => g * 7) AS at
FROM kase AS k CROSS JOIN LATERAL generate_series(1, 2 + k.n % 3) AS g ORDER BY 6;
INSERT INTO goals (organisation_id, id, case_id, state, proposed_by, proposed_at, weight, agreed_on)
SELECT o, id, case_id, CASE WHEN g = 2 THEN 'PROPOSED' ELSE 'AGREED' END, client, at, g + 4, CASE WHEN g <> 2 THEN at::date END
FROM aim, org ORDER BY at;
INSERT INTO goal_versions (organisation_id, goal_id, case_id, version, wording, worded_by, worded_at)
SELECT o, id, case_id, 1, (ARRAY['Sleep through the night again', 'Say "no" at work without apologising for it', 'See my brother once a month',
       'Ride the underground — two stops, then four'])[g], client, at
FROM aim, org ORDER BY at;
INSERT INTO goal_stances (organisation_id, goal_id, case_id, version, person_id, role, stance, answered_at)
SELECT o, a.id, case_id, 1, p, r, CASE WHEN g = 2 AND r = 'THERAPIST' THEN 'PENDING' ELSE 'AGREE' END, at
FROM aim AS a CROSS JOIN LATERAL (VALUES (client, 'CLIENT'), (therapist, 'THERAPIST')) AS s (p, r), org ORDER BY at;

INSERT INTO reliability (organisation_id, case_id, party, sessions, kept_numerator, kept_denominator, kept_value, punctual_numerator,
                         punctual_denominator, punctual_value, median_delay, cadence_numerator, cadence_denominator,
                         follow_through_numerator, follow_through_denominator, late_cancellations, period_start, period_end,
                         computed_at, method_id, method_version, inputs_hash)
SELECT o, case_id, party, all_, kept, all_, kept::float8 / all_, on_time, kept, CASE WHEN kept >= 5 THEN on_time::float8 / kept END, median,
       0, 0, 0, 0, late, first, last, last, 'reliability', '1', md5(case_id::text)
FROM (
  SELECT case_id, party, count(*) AS all_, count(*) FILTER (WHERE outcome = 'KEPT') AS kept,
         count(*) FILTER (WHERE outcome = 'KEPT' AND delay <= 5) AS on_time, count(*) FILTER (WHERE outcome = 'LATE_CANCELLED') AS late,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY round(delay::numeric, 1)) AS median, min(start) AS first, max(start) AS last
  FROM met CROSS JOIN LATERAL (VALUES ('CLIENT', client_delay), ('THERAPIST', therapist_delay)) AS d (party, delay)
  GROUP BY case_id, party
) AS r, org;

-- The plain stack does not encrypt: it reads a copy of the wordings from before they are sealed.
CREATE SCHEMA plain;
CREATE TABLE plain.goal_versions AS SELECT organisation_id, goal_id, version, wording FROM goal_versions;
ALTER TABLE plain.goal_versions ADD PRIMARY KEY (organisation_id, goal_id, version);
