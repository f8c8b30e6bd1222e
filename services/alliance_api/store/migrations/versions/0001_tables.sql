CREATE TABLE facts (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	transaction xid8 DEFAULT pg_current_xact_id() NOT NULL, 
	position BIGINT GENERATED ALWAYS AS IDENTITY, 
	type TEXT NOT NULL, 
	case_id UUID NOT NULL, 
	subject_id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	extra JSONB DEFAULT '{}' NOT NULL, 
	CONSTRAINT facts_pkey PRIMARY KEY (organisation_id, id)
);

CREATE INDEX facts_organisation_id_transaction_position_ix ON facts (organisation_id, transaction, position);

CREATE TABLE idempotency_keys (
	organisation_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	key TEXT NOT NULL, 
	mutation TEXT NOT NULL, 
	input_hash TEXT NOT NULL, 
	changed_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organisation_id, person_id, key), 
	CONSTRAINT idempotency_keys_key_length_check CHECK (char_length(key) BETWEEN 1 AND 255)
);

CREATE TABLE instruments (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	code TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	informant TEXT NOT NULL, 
	language TEXT NOT NULL, 
	licence TEXT NOT NULL, 
	permission_required BOOLEAN NOT NULL, 
	verified BOOLEAN NOT NULL, 
	validated BOOLEAN NOT NULL, 
	constructs TEXT[] NOT NULL, 
	CONSTRAINT instruments_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT instruments_organisation_id_code_version_key UNIQUE (organisation_id, code, version), 
	CONSTRAINT instruments_informant_check CHECK (informant IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))
);

CREATE TABLE organisations (
	organisation_id UUID NOT NULL, 
	name TEXT NOT NULL, 
	CONSTRAINT organisations_pkey PRIMARY KEY (organisation_id)
);

CREATE TABLE read_ledger (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	person_id UUID NOT NULL, 
	application TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	operation TEXT, 
	document_hash TEXT NOT NULL, 
	trace_id TEXT, 
	facets TEXT[] NOT NULL, 
	cases UUID[] NOT NULL, 
	CONSTRAINT read_ledger_pkey PRIMARY KEY (organisation_id, id)
);

CREATE INDEX read_ledger_cases_ix ON read_ledger USING gin (cases);

CREATE INDEX read_ledger_organisation_id_person_id_at_ix ON read_ledger (organisation_id, person_id, at);

CREATE TABLE instrument_items (
	organisation_id UUID NOT NULL, 
	instrument_id UUID NOT NULL, 
	number SMALLINT NOT NULL, 
	key TEXT NOT NULL, 
	minimum DOUBLE PRECISION NOT NULL, 
	maximum DOUBLE PRECISION NOT NULL, 
	step DOUBLE PRECISION, 
	wording TEXT, 
	CONSTRAINT instrument_items_pkey PRIMARY KEY (organisation_id, instrument_id, number), 
	CONSTRAINT instrument_items_instrument_id_fkey FOREIGN KEY(organisation_id, instrument_id) REFERENCES instruments (organisation_id, id)
);

CREATE TABLE instrument_scales (
	organisation_id UUID NOT NULL, 
	instrument_id UUID NOT NULL, 
	key TEXT NOT NULL, 
	constructs TEXT[] NOT NULL, 
	items SMALLINT[] NOT NULL, 
	reversed SMALLINT[] NOT NULL, 
	minimum DOUBLE PRECISION NOT NULL, 
	maximum DOUBLE PRECISION NOT NULL, 
	verified BOOLEAN NOT NULL, 
	CONSTRAINT instrument_scales_pkey PRIMARY KEY (organisation_id, instrument_id, key), 
	CONSTRAINT instrument_scales_instrument_id_fkey FOREIGN KEY(organisation_id, instrument_id) REFERENCES instruments (organisation_id, id)
);

CREATE TABLE people (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	CONSTRAINT people_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT people__fkey FOREIGN KEY(organisation_id) REFERENCES organisations (organisation_id)
);

CREATE TABLE cases (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	client_id UUID NOT NULL, 
	status TEXT DEFAULT 'ACTIVE' NOT NULL, 
	opened_on DATE NOT NULL, 
	closed_on DATE, 
	time_zone TEXT NOT NULL, 
	interval_days SMALLINT, 
	disclosure_default TEXT DEFAULT 'NEXT_SESSION' NOT NULL, 
	CONSTRAINT cases_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT cases_client_id_fkey FOREIGN KEY(organisation_id, client_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT cases_status_check CHECK (status IN ('ACTIVE', 'CLOSED')), 
	CONSTRAINT cases_disclosure_default_check CHECK (disclosure_default IN ('PRIVATE', 'TREND', 'NEXT_SESSION', 'SHARED'))
);

CREATE INDEX cases_organisation_id_client_id_ix ON cases (organisation_id, client_id);

CREATE INDEX cases_organisation_id_opened_on_id_ix ON cases (organisation_id, opened_on, id);

CREATE TABLE identities (
	organisation_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	name TEXT NOT NULL, 
	birth_date DATE, 
	language TEXT, 
	CONSTRAINT identities_pkey PRIMARY KEY (organisation_id, person_id), 
	CONSTRAINT identities_person_id_fkey FOREIGN KEY(organisation_id, person_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT identities_name_length_check CHECK (char_length(name) BETWEEN 1 AND 200)
);

CREATE TABLE staff (
	organisation_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	role TEXT NOT NULL, 
	starts_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	ends_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT staff_pkey PRIMARY KEY (organisation_id, person_id, role, starts_at), 
	CONSTRAINT staff_person_id_fkey FOREIGN KEY(organisation_id, person_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT staff_role_check CHECK (role IN ('MANAGER'))
);

CREATE TABLE attainments (
	organisation_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	n INTEGER NOT NULL, 
	baseline DOUBLE PRECISION, 
	follow_up DOUBLE PRECISION, 
	change DOUBLE PRECISION, 
	agreed_numerator INTEGER NOT NULL, 
	agreed_denominator INTEGER NOT NULL, 
	agreed_value DOUBLE PRECISION, 
	agreed_lower DOUBLE PRECISION, 
	agreed_upper DOUBLE PRECISION, 
	worded_numerator INTEGER NOT NULL, 
	worded_denominator INTEGER NOT NULL, 
	worded_value DOUBLE PRECISION, 
	worded_lower DOUBLE PRECISION, 
	worded_upper DOUBLE PRECISION, 
	median_days DOUBLE PRECISION, 
	timed INTEGER NOT NULL, 
	disagreed INTEGER NOT NULL, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	CONSTRAINT attainments_pkey PRIMARY KEY (organisation_id, case_id), 
	CONSTRAINT attainments_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id)
);

CREATE TABLE care_team (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	case_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	relation TEXT NOT NULL, 
	starts_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	ends_at TIMESTAMP(0) WITH TIME ZONE, 
	CONSTRAINT care_team_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT care_team_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT care_team_person_id_fkey FOREIGN KEY(organisation_id, person_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT care_team_relation_check CHECK (relation IN ('THERAPIST', 'SUPERVISOR', 'CAREGIVER'))
);

CREATE INDEX care_team_organisation_id_case_id_ix ON care_team (organisation_id, case_id);

CREATE TABLE commitments (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	case_id UUID NOT NULL, 
	owner_id UUID NOT NULL, 
	owner_role TEXT NOT NULL, 
	wording TEXT NOT NULL, 
	due_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	made_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	outcome TEXT DEFAULT 'OPEN' NOT NULL, 
	settled_at TIMESTAMP(0) WITH TIME ZONE, 
	CONSTRAINT commitments_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT commitments_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT commitments_owner_id_fkey FOREIGN KEY(organisation_id, owner_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT commitments_owner_role_check CHECK (owner_role IN ('CLIENT', 'THERAPIST')), 
	CONSTRAINT commitments_outcome_check CHECK (outcome IN ('OPEN', 'KEPT', 'MISSED', 'RENEGOTIATED', 'WITHDRAWN')), 
	CONSTRAINT commitments_wording_length_check CHECK (char_length(wording) BETWEEN 1 AND 2000)
);

CREATE INDEX commitments_organisation_id_case_id_due_at_id_ix ON commitments (organisation_id, case_id, due_at, id);

CREATE TABLE concordances (
	organisation_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	audience TEXT NOT NULL, 
	instrument_code TEXT NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	scale TEXT NOT NULL, 
	client_code TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	unit TEXT NOT NULL, 
	bias_value DOUBLE PRECISION, 
	bias_n INTEGER, 
	bias_lower DOUBLE PRECISION, 
	bias_upper DOUBLE PRECISION, 
	tracking_value DOUBLE PRECISION, 
	tracking_n INTEGER, 
	tracking_lower DOUBLE PRECISION, 
	tracking_upper DOUBLE PRECISION, 
	correlation_value DOUBLE PRECISION, 
	correlation_n INTEGER, 
	correlation_lower DOUBLE PRECISION, 
	correlation_upper DOUBLE PRECISION, 
	reason TEXT, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	CONSTRAINT concordances_pkey PRIMARY KEY (organisation_id, case_id, audience, instrument_code, informant_role, scale, informant_id), 
	CONSTRAINT concordances_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT concordances_audience_check CHECK (audience IN ('CLIENT', 'CARE_TEAM')), 
	CONSTRAINT concordances_informant_id_fkey FOREIGN KEY(organisation_id, informant_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT concordances_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))
);

CREATE TABLE consents (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	case_id UUID NOT NULL, 
	kind TEXT NOT NULL, 
	given_by UUID NOT NULL, 
	given_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	withdrawn_at TIMESTAMP(0) WITH TIME ZONE, 
	CONSTRAINT consents_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT consents_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT consents_given_by_fkey FOREIGN KEY(organisation_id, given_by) REFERENCES people (organisation_id, id), 
	CONSTRAINT consents_kind_check CHECK (kind IN ('SUPERVISION', 'RESEARCH', 'EHR'))
);

CREATE INDEX consents_organisation_id_case_id_ix ON consents (organisation_id, case_id);

CREATE TABLE goals (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	case_id UUID NOT NULL, 
	state TEXT DEFAULT 'PROPOSED' NOT NULL, 
	version INTEGER DEFAULT 1 NOT NULL, 
	proposed_by UUID NOT NULL, 
	proposed_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	weight SMALLINT, 
	agreed_on DATE, 
	ended_on DATE, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	CONSTRAINT goals_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT goals_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT goals_proposed_by_fkey FOREIGN KEY(organisation_id, proposed_by) REFERENCES people (organisation_id, id), 
	CONSTRAINT goals_state_check CHECK (state IN ('PROPOSED', 'AGREED', 'DECLINED', 'ENDED')), 
	CONSTRAINT goals_weight_check CHECK (weight BETWEEN 1 AND 10)
);

CREATE INDEX goals_organisation_id_case_id_id_ix ON goals (organisation_id, case_id, id);

CREATE TABLE reliability (
	organisation_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	party TEXT NOT NULL, 
	sessions INTEGER NOT NULL, 
	kept_numerator INTEGER NOT NULL, 
	kept_denominator INTEGER NOT NULL, 
	kept_value DOUBLE PRECISION, 
	kept_lower DOUBLE PRECISION, 
	kept_upper DOUBLE PRECISION, 
	punctual_numerator INTEGER NOT NULL, 
	punctual_denominator INTEGER NOT NULL, 
	punctual_value DOUBLE PRECISION, 
	punctual_lower DOUBLE PRECISION, 
	punctual_upper DOUBLE PRECISION, 
	median_delay DOUBLE PRECISION, 
	cadence_numerator INTEGER NOT NULL, 
	cadence_denominator INTEGER NOT NULL, 
	cadence_value DOUBLE PRECISION, 
	cadence_lower DOUBLE PRECISION, 
	cadence_upper DOUBLE PRECISION, 
	cadence_variation DOUBLE PRECISION, 
	follow_through_numerator INTEGER NOT NULL, 
	follow_through_denominator INTEGER NOT NULL, 
	follow_through_value DOUBLE PRECISION, 
	follow_through_lower DOUBLE PRECISION, 
	follow_through_upper DOUBLE PRECISION, 
	late_cancellations INTEGER NOT NULL, 
	period_start TIMESTAMP(0) WITH TIME ZONE, 
	period_end TIMESTAMP(0) WITH TIME ZONE, 
	computed_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	inputs_hash TEXT NOT NULL, 
	CONSTRAINT reliability_pkey PRIMARY KEY (organisation_id, case_id, party), 
	CONSTRAINT reliability_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT reliability_party_check CHECK (party IN ('CLIENT', 'THERAPIST'))
);

CREATE TABLE series (
	organisation_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	audience TEXT NOT NULL, 
	instrument_code TEXT NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	scale TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	baseline_n INTEGER, 
	provisional BOOLEAN, 
	centre DOUBLE PRECISION, 
	lower DOUBLE PRECISION, 
	upper DOUBLE PRECISION, 
	false_alarm_rate DOUBLE PRECISION, 
	reason TEXT, 
	ceiling_share DOUBLE PRECISION, 
	at_ceiling BOOLEAN, 
	shape TEXT, 
	slope_value DOUBLE PRECISION, 
	slope_n INTEGER, 
	slope_lower DOUBLE PRECISION, 
	slope_upper DOUBLE PRECISION, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	inputs_hash TEXT NOT NULL, 
	CONSTRAINT series_pkey PRIMARY KEY (organisation_id, case_id, audience, instrument_code, informant_role, scale, informant_id), 
	CONSTRAINT series_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT series_audience_check CHECK (audience IN ('CLIENT', 'CARE_TEAM')), 
	CONSTRAINT series_informant_id_fkey FOREIGN KEY(organisation_id, informant_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT series_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))
);

CREATE TABLE sessions (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	case_id UUID NOT NULL, 
	therapist_id UUID NOT NULL, 
	number INTEGER NOT NULL, 
	planned_start TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	planned_end TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	modality TEXT NOT NULL, 
	state TEXT DEFAULT 'PLANNED' NOT NULL, 
	moved_from UUID, 
	CONSTRAINT sessions_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT sessions_organisation_id_case_id_number_key UNIQUE (organisation_id, case_id, number), 
	CONSTRAINT sessions_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT sessions_therapist_id_fkey FOREIGN KEY(organisation_id, therapist_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT sessions_moved_from_fkey FOREIGN KEY(organisation_id, moved_from) REFERENCES sessions (organisation_id, id), 
	CONSTRAINT sessions_modality_check CHECK (modality IN ('IN_PERSON', 'VIDEO', 'PHONE', 'TEXT')), 
	CONSTRAINT sessions_state_check CHECK (state IN ('PLANNED', 'MOVED', 'CANCELLED', 'RECORDED')), 
	CONSTRAINT sessions_span_check CHECK (planned_end > planned_start)
);

CREATE INDEX sessions_organisation_id_case_id_planned_start_id_ix ON sessions (organisation_id, case_id, planned_start, id);

CREATE INDEX sessions_organisation_id_moved_from_ix ON sessions (organisation_id, moved_from);

CREATE INDEX sessions_organisation_id_therapist_id_planned_start_ix ON sessions (organisation_id, therapist_id, planned_start);

CREATE TABLE signals (
	organisation_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	audience TEXT NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	kind TEXT NOT NULL, 
	episode TEXT NOT NULL, 
	state TEXT DEFAULT 'OPEN' NOT NULL, 
	raised_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	closed_at TIMESTAMP(0) WITH TIME ZONE, 
	acknowledged_by UUID, 
	acknowledged_at TIMESTAMP(0) WITH TIME ZONE, 
	heard BOOLEAN, 
	evidence JSONB NOT NULL, 
	false_alarm_rate DOUBLE PRECISION, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	CONSTRAINT signals_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT signals_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT signals_audience_check CHECK (audience IN ('CLIENT', 'CARE_TEAM')), 
	CONSTRAINT signals_organisation_id_case_id_audience_kind_episode_key UNIQUE (organisation_id, case_id, audience, kind, episode), 
	CONSTRAINT signals_acknowledged_by_fkey FOREIGN KEY(organisation_id, acknowledged_by) REFERENCES people (organisation_id, id), 
	CONSTRAINT signals_state_check CHECK (state IN ('OPEN', 'ACKNOWLEDGED', 'CLOSED'))
);

CREATE INDEX signals_organisation_id_case_id_raised_at_ix ON signals (organisation_id, case_id, raised_at);

CREATE TABLE standing (
	organisation_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	relation TEXT NOT NULL, 
	case_id UUID NOT NULL, 
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ends_at TIMESTAMP WITH TIME ZONE, 
	client_id UUID NOT NULL, 
	consented BOOLEAN DEFAULT false NOT NULL, 
	CONSTRAINT standing_pkey PRIMARY KEY (organisation_id, person_id, relation, case_id, starts_at), 
	CONSTRAINT standing_person_id_fkey FOREIGN KEY(organisation_id, person_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT standing_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT standing_relation_check CHECK (relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'CAREGIVER'))
);

CREATE TABLE attendance (
	organisation_id UUID NOT NULL, 
	session_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	outcome TEXT NOT NULL, 
	started_at TIMESTAMP(0) WITH TIME ZONE, 
	ended_at TIMESTAMP(0) WITH TIME ZONE, 
	client_delay DOUBLE PRECISION, 
	therapist_delay DOUBLE PRECISION, 
	cancelled_by TEXT, 
	cancelled_at TIMESTAMP(0) WITH TIME ZONE, 
	notice INTERVAL, 
	excused BOOLEAN DEFAULT false NOT NULL, 
	CONSTRAINT attendance_pkey PRIMARY KEY (organisation_id, session_id), 
	CONSTRAINT attendance_session_id_fkey FOREIGN KEY(organisation_id, session_id) REFERENCES sessions (organisation_id, id), 
	CONSTRAINT attendance_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT attendance_outcome_check CHECK (outcome IN ('KEPT', 'CANCELLED', 'LATE_CANCELLED', 'MISSED')), 
	CONSTRAINT attendance_cancelled_by_check CHECK (cancelled_by IN ('CLIENT', 'THERAPIST')), 
	CONSTRAINT attendance_span_check CHECK (ended_at >= started_at)
);

CREATE INDEX attendance_organisation_id_case_id_ix ON attendance (organisation_id, case_id);

CREATE TABLE goal_ratings (
	organisation_id UUID NOT NULL, 
	goal_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	rated_by UUID NOT NULL, 
	role TEXT NOT NULL, 
	level SMALLINT NOT NULL, 
	session_id UUID, 
	rated_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	CONSTRAINT goal_ratings_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT goal_ratings_goal_id_fkey FOREIGN KEY(organisation_id, goal_id) REFERENCES goals (organisation_id, id), 
	CONSTRAINT goal_ratings_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT goal_ratings_rated_by_fkey FOREIGN KEY(organisation_id, rated_by) REFERENCES people (organisation_id, id), 
	CONSTRAINT goal_ratings_session_id_fkey FOREIGN KEY(organisation_id, session_id) REFERENCES sessions (organisation_id, id), 
	CONSTRAINT goal_ratings_role_check CHECK (role IN ('CLIENT', 'THERAPIST')), 
	CONSTRAINT goal_ratings_level_check CHECK (level BETWEEN -2 AND 2)
);

CREATE INDEX goal_ratings_organisation_id_goal_id_rated_at_id_ix ON goal_ratings (organisation_id, goal_id, rated_at, id);

CREATE TABLE goal_stances (
	organisation_id UUID NOT NULL, 
	goal_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	version INTEGER NOT NULL, 
	person_id UUID NOT NULL, 
	role TEXT NOT NULL, 
	stance TEXT DEFAULT 'PENDING' NOT NULL, 
	answered_at TIMESTAMP(0) WITH TIME ZONE, 
	CONSTRAINT goal_stances_pkey PRIMARY KEY (organisation_id, goal_id, version, person_id), 
	CONSTRAINT goal_stances_goal_id_fkey FOREIGN KEY(organisation_id, goal_id) REFERENCES goals (organisation_id, id), 
	CONSTRAINT goal_stances_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT goal_stances_person_id_fkey FOREIGN KEY(organisation_id, person_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT goal_stances_role_check CHECK (role IN ('CLIENT', 'THERAPIST')), 
	CONSTRAINT goal_stances_stance_check CHECK (stance IN ('AGREE', 'DISAGREE', 'PENDING'))
);

CREATE TABLE goal_versions (
	organisation_id UUID NOT NULL, 
	goal_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	version INTEGER NOT NULL, 
	wording TEXT NOT NULL, 
	worded_by UUID NOT NULL, 
	worded_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	CONSTRAINT goal_versions_pkey PRIMARY KEY (organisation_id, goal_id, version), 
	CONSTRAINT goal_versions_goal_id_fkey FOREIGN KEY(organisation_id, goal_id) REFERENCES goals (organisation_id, id), 
	CONSTRAINT goal_versions_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT goal_versions_worded_by_fkey FOREIGN KEY(organisation_id, worded_by) REFERENCES people (organisation_id, id), 
	CONSTRAINT goal_versions_wording_length_check CHECK (char_length(wording) BETWEEN 1 AND 2000)
);

CREATE TABLE occasions (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	case_id UUID NOT NULL, 
	session_id UUID, 
	instrument_id UUID NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	opens_on TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	CONSTRAINT occasions_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT occasions_once_key UNIQUE (organisation_id, session_id, instrument_id, informant_id), 
	CONSTRAINT occasions_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT occasions_session_id_fkey FOREIGN KEY(organisation_id, session_id) REFERENCES sessions (organisation_id, id), 
	CONSTRAINT occasions_instrument_id_fkey FOREIGN KEY(organisation_id, instrument_id) REFERENCES instruments (organisation_id, id), 
	CONSTRAINT occasions_informant_id_fkey FOREIGN KEY(organisation_id, informant_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT occasions_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))
);

CREATE INDEX occasions_organisation_id_case_id_due_at_ix ON occasions (organisation_id, case_id, due_at);

CREATE TABLE measurements (
	organisation_id UUID NOT NULL, 
	id UUID DEFAULT uuidv7() NOT NULL, 
	case_id UUID NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	sealed_for UUID[] DEFAULT '{}' NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	session_id UUID, 
	occasion_id UUID, 
	instrument_id UUID NOT NULL, 
	instrument_code TEXT NOT NULL, 
	taken_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	disclosure TEXT NOT NULL, 
	scores_open_at TIMESTAMP WITH TIME ZONE, 
	answers_open_at TIMESTAMP WITH TIME ZONE, 
	has_comment BOOLEAN NOT NULL, 
	superseded_by UUID, 
	CONSTRAINT measurements_pkey PRIMARY KEY (organisation_id, id), 
	CONSTRAINT measurements_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT measurements_informant_id_fkey FOREIGN KEY(organisation_id, informant_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT measurements_session_id_fkey FOREIGN KEY(organisation_id, session_id) REFERENCES sessions (organisation_id, id), 
	CONSTRAINT measurements_occasion_id_fkey FOREIGN KEY(organisation_id, occasion_id) REFERENCES occasions (organisation_id, id), 
	CONSTRAINT measurements_instrument_id_fkey FOREIGN KEY(organisation_id, instrument_id) REFERENCES instruments (organisation_id, id), 
	CONSTRAINT measurements_superseded_by_fkey FOREIGN KEY(organisation_id, superseded_by) REFERENCES measurements (organisation_id, id), 
	CONSTRAINT measurements_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')), 
	CONSTRAINT measurements_disclosure_check CHECK (disclosure IN ('PRIVATE', 'TREND', 'NEXT_SESSION', 'SHARED'))
);

CREATE INDEX measurements_organisation_id_case_id_taken_at_id_ix ON measurements (organisation_id, case_id, taken_at, id);

CREATE INDEX measurements_organisation_id_occasion_id_ix ON measurements (organisation_id, occasion_id);

CREATE INDEX measurements_organisation_id_session_id_ix ON measurements (organisation_id, session_id);

CREATE TABLE answers (
	organisation_id UUID NOT NULL, 
	measurement_id UUID NOT NULL, 
	item SMALLINT NOT NULL, 
	case_id UUID NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	sealed_for UUID[] DEFAULT '{}' NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	opens_at TIMESTAMP WITH TIME ZONE, 
	value DOUBLE PRECISION, 
	not_applicable BOOLEAN DEFAULT false NOT NULL, 
	CONSTRAINT answers_pkey PRIMARY KEY (organisation_id, measurement_id, item), 
	CONSTRAINT answers_measurement_id_fkey FOREIGN KEY(organisation_id, measurement_id) REFERENCES measurements (organisation_id, id), 
	CONSTRAINT answers_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT answers_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))
);

CREATE TABLE changes (
	organisation_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	audience TEXT NOT NULL, 
	instrument_code TEXT NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	scale TEXT NOT NULL, 
	measurement_id UUID NOT NULL, 
	interval_lower DOUBLE PRECISION, 
	interval_upper DOUBLE PRECISION, 
	previous_difference DOUBLE PRECISION, 
	previous_index DOUBLE PRECISION, 
	previous_direction TEXT, 
	previous_reason TEXT, 
	baseline_difference DOUBLE PRECISION, 
	baseline_index DOUBLE PRECISION, 
	baseline_direction TEXT, 
	baseline_reason TEXT, 
	norm_sd DOUBLE PRECISION, 
	norm_reliability DOUBLE PRECISION, 
	norm_kind TEXT, 
	norm_population TEXT, 
	norm_source TEXT, 
	norm_verified BOOLEAN, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	CONSTRAINT changes_pkey PRIMARY KEY (organisation_id, measurement_id, scale, audience), 
	CONSTRAINT changes_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT changes_audience_check CHECK (audience IN ('CLIENT', 'CARE_TEAM')), 
	CONSTRAINT changes_informant_id_fkey FOREIGN KEY(organisation_id, informant_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT changes_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')), 
	CONSTRAINT changes_measurement_id_fkey FOREIGN KEY(organisation_id, measurement_id) REFERENCES measurements (organisation_id, id)
);

CREATE INDEX changes_series_ix ON changes (organisation_id, case_id, audience, instrument_code, informant_role, scale, informant_id);

CREATE TABLE comments (
	organisation_id UUID NOT NULL, 
	measurement_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	sealed_for UUID[] DEFAULT '{}' NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	opens_at TIMESTAMP WITH TIME ZONE, 
	body TEXT NOT NULL, 
	CONSTRAINT comments_pkey PRIMARY KEY (organisation_id, measurement_id), 
	CONSTRAINT comments_measurement_id_fkey FOREIGN KEY(organisation_id, measurement_id) REFERENCES measurements (organisation_id, id), 
	CONSTRAINT comments_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT comments_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')), 
	CONSTRAINT comments_body_length_check CHECK (char_length(body) BETWEEN 1 AND 4000)
);

CREATE TABLE ruptures (
	organisation_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	audience TEXT NOT NULL, 
	instrument_code TEXT NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	scale TEXT NOT NULL, 
	start_id UUID NOT NULL, 
	nadir_id UUID NOT NULL, 
	repair_id UUID, 
	depth DOUBLE PRECISION, 
	pattern TEXT, 
	"over" BOOLEAN NOT NULL, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	CONSTRAINT ruptures_pkey PRIMARY KEY (organisation_id, case_id, audience, instrument_code, informant_role, scale, informant_id, method_id, start_id), 
	CONSTRAINT ruptures_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT ruptures_audience_check CHECK (audience IN ('CLIENT', 'CARE_TEAM')), 
	CONSTRAINT ruptures_informant_id_fkey FOREIGN KEY(organisation_id, informant_id) REFERENCES people (organisation_id, id), 
	CONSTRAINT ruptures_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')), 
	CONSTRAINT ruptures_start_id_fkey FOREIGN KEY(organisation_id, start_id) REFERENCES measurements (organisation_id, id), 
	CONSTRAINT ruptures_nadir_id_fkey FOREIGN KEY(organisation_id, nadir_id) REFERENCES measurements (organisation_id, id), 
	CONSTRAINT ruptures_repair_id_fkey FOREIGN KEY(organisation_id, repair_id) REFERENCES measurements (organisation_id, id)
);

CREATE TABLE score_inputs (
	organisation_id UUID NOT NULL, 
	measurement_id UUID NOT NULL, 
	case_id UUID NOT NULL, 
	inputs_hash TEXT NOT NULL, 
	CONSTRAINT score_inputs_pkey PRIMARY KEY (organisation_id, measurement_id), 
	CONSTRAINT score_inputs_measurement_id_fkey FOREIGN KEY(organisation_id, measurement_id) REFERENCES measurements (organisation_id, id), 
	CONSTRAINT score_inputs_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id)
);

CREATE TABLE scores (
	organisation_id UUID NOT NULL, 
	measurement_id UUID NOT NULL, 
	scale TEXT NOT NULL, 
	case_id UUID NOT NULL, 
	informant_id UUID NOT NULL, 
	informant_role TEXT NOT NULL, 
	sealed_for UUID[] DEFAULT '{}' NOT NULL, 
	to_caregivers BOOLEAN DEFAULT false NOT NULL, 
	opens_at TIMESTAMP WITH TIME ZONE, 
	session_id UUID, 
	instrument_code TEXT NOT NULL, 
	taken_at TIMESTAMP(0) WITH TIME ZONE NOT NULL, 
	current BOOLEAN DEFAULT true NOT NULL, 
	raw DOUBLE PRECISION, 
	mean DOUBLE PRECISION, 
	pomp DOUBLE PRECISION, 
	minimum DOUBLE PRECISION NOT NULL, 
	maximum DOUBLE PRECISION NOT NULL, 
	answered SMALLINT NOT NULL, 
	missing SMALLINT NOT NULL, 
	reason TEXT, 
	method_id TEXT NOT NULL, 
	method_version TEXT NOT NULL, 
	CONSTRAINT scores_pkey PRIMARY KEY (organisation_id, measurement_id, scale), 
	CONSTRAINT scores_measurement_id_fkey FOREIGN KEY(organisation_id, measurement_id) REFERENCES measurements (organisation_id, id), 
	CONSTRAINT scores_case_id_fkey FOREIGN KEY(organisation_id, case_id) REFERENCES cases (organisation_id, id), 
	CONSTRAINT scores_informant_role_check CHECK (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER')), 
	CONSTRAINT scores_reason_check CHECK ((raw IS NULL) = (reason IS NOT NULL))
);

CREATE INDEX scores_series_ix ON scores (organisation_id, case_id, instrument_code, informant_role, scale, taken_at, measurement_id);
