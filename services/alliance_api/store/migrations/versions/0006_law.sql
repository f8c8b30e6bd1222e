ALTER TABLE aggregate_sets ENABLE ROW LEVEL SECURITY;

ALTER TABLE aggregates ENABLE ROW LEVEL SECURITY;

ALTER TABLE answers ENABLE ROW LEVEL SECURITY;

ALTER TABLE attainments ENABLE ROW LEVEL SECURITY;

ALTER TABLE attendance ENABLE ROW LEVEL SECURITY;

ALTER TABLE care_team ENABLE ROW LEVEL SECURITY;

ALTER TABLE cases ENABLE ROW LEVEL SECURITY;

ALTER TABLE changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE comments ENABLE ROW LEVEL SECURITY;

ALTER TABLE commitments ENABLE ROW LEVEL SECURITY;

ALTER TABLE concordances ENABLE ROW LEVEL SECURITY;

ALTER TABLE consents ENABLE ROW LEVEL SECURITY;

ALTER TABLE emergencies ENABLE ROW LEVEL SECURITY;

ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;

ALTER TABLE facts ENABLE ROW LEVEL SECURITY;

ALTER TABLE findings ENABLE ROW LEVEL SECURITY;

ALTER TABLE goal_levels ENABLE ROW LEVEL SECURITY;

ALTER TABLE goal_ratings ENABLE ROW LEVEL SECURITY;

ALTER TABLE goal_stances ENABLE ROW LEVEL SECURITY;

ALTER TABLE goal_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE goals ENABLE ROW LEVEL SECURITY;

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE identities ENABLE ROW LEVEL SECURITY;

ALTER TABLE instrument_anchors ENABLE ROW LEVEL SECURITY;

ALTER TABLE instrument_bands ENABLE ROW LEVEL SECURITY;

ALTER TABLE instrument_items ENABLE ROW LEVEL SECURITY;

ALTER TABLE instrument_norms ENABLE ROW LEVEL SECURITY;

ALTER TABLE instrument_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE instrument_reports ENABLE ROW LEVEL SECURITY;

ALTER TABLE instrument_scales ENABLE ROW LEVEL SECURITY;

ALTER TABLE instruments ENABLE ROW LEVEL SECURITY;

ALTER TABLE ledger_seals ENABLE ROW LEVEL SECURITY;

ALTER TABLE legal_holds ENABLE ROW LEVEL SECURITY;

ALTER TABLE measurements ENABLE ROW LEVEL SECURITY;

ALTER TABLE notes ENABLE ROW LEVEL SECURITY;

ALTER TABLE occasions ENABLE ROW LEVEL SECURITY;

ALTER TABLE organisations ENABLE ROW LEVEL SECURITY;

ALTER TABLE people ENABLE ROW LEVEL SECURITY;

ALTER TABLE person_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE preferences ENABLE ROW LEVEL SECURITY;

ALTER TABLE read_ledger ENABLE ROW LEVEL SECURITY;

ALTER TABLE reliability ENABLE ROW LEVEL SECURITY;

ALTER TABLE research_records ENABLE ROW LEVEL SECURITY;

ALTER TABLE research_subjects ENABLE ROW LEVEL SECURITY;

ALTER TABLE ruptures ENABLE ROW LEVEL SECURITY;

ALTER TABLE score_inputs ENABLE ROW LEVEL SECURITY;

ALTER TABLE scores ENABLE ROW LEVEL SECURITY;

ALTER TABLE series ENABLE ROW LEVEL SECURITY;

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;

ALTER TABLE signal_evidence ENABLE ROW LEVEL SECURITY;

ALTER TABLE signals ENABLE ROW LEVEL SECURITY;

ALTER TABLE staff ENABLE ROW LEVEL SECURITY;

ALTER TABLE standing ENABLE ROW LEVEL SECURITY;

ALTER TABLE team_members ENABLE ROW LEVEL SECURITY;

ALTER TABLE teams ENABLE ROW LEVEL SECURITY;

ALTER TABLE aggregate_sets FORCE ROW LEVEL SECURITY;

ALTER TABLE aggregates FORCE ROW LEVEL SECURITY;

ALTER TABLE answers FORCE ROW LEVEL SECURITY;

ALTER TABLE attainments FORCE ROW LEVEL SECURITY;

ALTER TABLE attendance FORCE ROW LEVEL SECURITY;

ALTER TABLE care_team FORCE ROW LEVEL SECURITY;

ALTER TABLE cases FORCE ROW LEVEL SECURITY;

ALTER TABLE changes FORCE ROW LEVEL SECURITY;

ALTER TABLE comments FORCE ROW LEVEL SECURITY;

ALTER TABLE commitments FORCE ROW LEVEL SECURITY;

ALTER TABLE concordances FORCE ROW LEVEL SECURITY;

ALTER TABLE consents FORCE ROW LEVEL SECURITY;

ALTER TABLE emergencies FORCE ROW LEVEL SECURITY;

ALTER TABLE erasures FORCE ROW LEVEL SECURITY;

ALTER TABLE facts FORCE ROW LEVEL SECURITY;

ALTER TABLE findings FORCE ROW LEVEL SECURITY;

ALTER TABLE goal_levels FORCE ROW LEVEL SECURITY;

ALTER TABLE goal_ratings FORCE ROW LEVEL SECURITY;

ALTER TABLE goal_stances FORCE ROW LEVEL SECURITY;

ALTER TABLE goal_versions FORCE ROW LEVEL SECURITY;

ALTER TABLE goals FORCE ROW LEVEL SECURITY;

ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE identities FORCE ROW LEVEL SECURITY;

ALTER TABLE instrument_anchors FORCE ROW LEVEL SECURITY;

ALTER TABLE instrument_bands FORCE ROW LEVEL SECURITY;

ALTER TABLE instrument_items FORCE ROW LEVEL SECURITY;

ALTER TABLE instrument_norms FORCE ROW LEVEL SECURITY;

ALTER TABLE instrument_records FORCE ROW LEVEL SECURITY;

ALTER TABLE instrument_reports FORCE ROW LEVEL SECURITY;

ALTER TABLE instrument_scales FORCE ROW LEVEL SECURITY;

ALTER TABLE instruments FORCE ROW LEVEL SECURITY;

ALTER TABLE ledger_seals FORCE ROW LEVEL SECURITY;

ALTER TABLE legal_holds FORCE ROW LEVEL SECURITY;

ALTER TABLE measurements FORCE ROW LEVEL SECURITY;

ALTER TABLE notes FORCE ROW LEVEL SECURITY;

ALTER TABLE occasions FORCE ROW LEVEL SECURITY;

ALTER TABLE organisations FORCE ROW LEVEL SECURITY;

ALTER TABLE people FORCE ROW LEVEL SECURITY;

ALTER TABLE person_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE preferences FORCE ROW LEVEL SECURITY;

ALTER TABLE read_ledger FORCE ROW LEVEL SECURITY;

ALTER TABLE reliability FORCE ROW LEVEL SECURITY;

ALTER TABLE research_records FORCE ROW LEVEL SECURITY;

ALTER TABLE research_subjects FORCE ROW LEVEL SECURITY;

ALTER TABLE ruptures FORCE ROW LEVEL SECURITY;

ALTER TABLE score_inputs FORCE ROW LEVEL SECURITY;

ALTER TABLE scores FORCE ROW LEVEL SECURITY;

ALTER TABLE series FORCE ROW LEVEL SECURITY;

ALTER TABLE sessions FORCE ROW LEVEL SECURITY;

ALTER TABLE signal_evidence FORCE ROW LEVEL SECURITY;

ALTER TABLE signals FORCE ROW LEVEL SECURITY;

ALTER TABLE staff FORCE ROW LEVEL SECURITY;

ALTER TABLE standing FORCE ROW LEVEL SECURITY;

ALTER TABLE team_members FORCE ROW LEVEL SECURITY;

ALTER TABLE teams FORCE ROW LEVEL SECURITY;

REVOKE ALL ON aggregate_sets FROM PUBLIC;

REVOKE ALL ON aggregates FROM PUBLIC;

REVOKE ALL ON answers FROM PUBLIC;

REVOKE ALL ON attainments FROM PUBLIC;

REVOKE ALL ON attendance FROM PUBLIC;

REVOKE ALL ON care_team FROM PUBLIC;

REVOKE ALL ON cases FROM PUBLIC;

REVOKE ALL ON changes FROM PUBLIC;

REVOKE ALL ON comments FROM PUBLIC;

REVOKE ALL ON commitments FROM PUBLIC;

REVOKE ALL ON concordances FROM PUBLIC;

REVOKE ALL ON consents FROM PUBLIC;

REVOKE ALL ON emergencies FROM PUBLIC;

REVOKE ALL ON erasures FROM PUBLIC;

REVOKE ALL ON facts FROM PUBLIC;

REVOKE ALL ON findings FROM PUBLIC;

REVOKE ALL ON goal_levels FROM PUBLIC;

REVOKE ALL ON goal_ratings FROM PUBLIC;

REVOKE ALL ON goal_stances FROM PUBLIC;

REVOKE ALL ON goal_versions FROM PUBLIC;

REVOKE ALL ON goals FROM PUBLIC;

REVOKE ALL ON idempotency_keys FROM PUBLIC;

REVOKE ALL ON identities FROM PUBLIC;

REVOKE ALL ON instrument_anchors FROM PUBLIC;

REVOKE ALL ON instrument_bands FROM PUBLIC;

REVOKE ALL ON instrument_items FROM PUBLIC;

REVOKE ALL ON instrument_norms FROM PUBLIC;

REVOKE ALL ON instrument_records FROM PUBLIC;

REVOKE ALL ON instrument_reports FROM PUBLIC;

REVOKE ALL ON instrument_scales FROM PUBLIC;

REVOKE ALL ON instruments FROM PUBLIC;

REVOKE ALL ON ledger_seals FROM PUBLIC;

REVOKE ALL ON legal_holds FROM PUBLIC;

REVOKE ALL ON measurements FROM PUBLIC;

REVOKE ALL ON notes FROM PUBLIC;

REVOKE ALL ON occasions FROM PUBLIC;

REVOKE ALL ON organisations FROM PUBLIC;

REVOKE ALL ON people FROM PUBLIC;

REVOKE ALL ON person_keys FROM PUBLIC;

REVOKE ALL ON preferences FROM PUBLIC;

REVOKE ALL ON read_ledger FROM PUBLIC;

REVOKE ALL ON reliability FROM PUBLIC;

REVOKE ALL ON research_records FROM PUBLIC;

REVOKE ALL ON research_subjects FROM PUBLIC;

REVOKE ALL ON ruptures FROM PUBLIC;

REVOKE ALL ON score_inputs FROM PUBLIC;

REVOKE ALL ON scores FROM PUBLIC;

REVOKE ALL ON series FROM PUBLIC;

REVOKE ALL ON sessions FROM PUBLIC;

REVOKE ALL ON signal_evidence FROM PUBLIC;

REVOKE ALL ON signals FROM PUBLIC;

REVOKE ALL ON staff FROM PUBLIC;

REVOKE ALL ON standing FROM PUBLIC;

REVOKE ALL ON team_members FROM PUBLIC;

REVOKE ALL ON teams FROM PUBLIC;

GRANT SELECT ON aggregates TO alliance_api;

GRANT SELECT, INSERT ON answers TO alliance_api;

GRANT SELECT ON attainments TO alliance_api;

GRANT SELECT, INSERT ON attendance TO alliance_api;

GRANT SELECT, INSERT, UPDATE (ends_at) ON care_team TO alliance_api;

GRANT SELECT, INSERT, UPDATE (status, closed_on) ON cases TO alliance_api;

GRANT SELECT ON changes TO alliance_api;

GRANT SELECT, INSERT ON comments TO alliance_api;

GRANT SELECT, INSERT, UPDATE (outcome, settled_at) ON commitments TO alliance_api;

GRANT SELECT ON concordances TO alliance_api;

GRANT SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by, assented_at, assented_by) ON consents TO alliance_api;

GRANT SELECT, INSERT, UPDATE (reviewed_by, reviewed_at, verdict) ON emergencies TO alliance_api;

GRANT SELECT, INSERT ON erasures TO alliance_api;

GRANT SELECT ON facts TO alliance_api;

GRANT SELECT ON findings TO alliance_api;

GRANT SELECT, INSERT ON goal_levels TO alliance_api;

GRANT SELECT, INSERT ON goal_ratings TO alliance_api;

GRANT SELECT, UPDATE (stance, answered_at) ON goal_stances TO alliance_api;

GRANT SELECT, INSERT ON goal_versions TO alliance_api;

GRANT SELECT, INSERT ON goals TO alliance_api;

GRANT SELECT, INSERT ON idempotency_keys TO alliance_api;

GRANT SELECT ON identities TO alliance_api;

GRANT SELECT ON instrument_anchors TO alliance_api;

GRANT SELECT ON instrument_bands TO alliance_api;

GRANT SELECT ON instrument_items TO alliance_api;

GRANT SELECT ON instrument_norms TO alliance_api;

GRANT SELECT ON instrument_records TO alliance_api;

GRANT SELECT ON instrument_reports TO alliance_api;

GRANT SELECT ON instrument_scales TO alliance_api;

GRANT SELECT ON instruments TO alliance_api;

GRANT SELECT ON ledger_seals TO alliance_api;

GRANT SELECT, INSERT, UPDATE (lifted_at) ON legal_holds TO alliance_api;

GRANT SELECT, INSERT, UPDATE (disclosure, to_caregivers) ON measurements TO alliance_api;

GRANT SELECT, INSERT ON notes TO alliance_api;

GRANT SELECT, INSERT ON occasions TO alliance_api;

GRANT SELECT ON organisations TO alliance_api;

GRANT SELECT ON people TO alliance_api;

GRANT SELECT, INSERT ON person_keys TO alliance_api;

GRANT SELECT, INSERT, UPDATE (value, person_id, set_at) ON preferences TO alliance_api;

GRANT SELECT, INSERT ON read_ledger TO alliance_api;

GRANT SELECT ON reliability TO alliance_api;

GRANT SELECT ON research_records TO alliance_api;

GRANT SELECT ON ruptures TO alliance_api;

GRANT SELECT ON scores TO alliance_api;

GRANT SELECT ON series TO alliance_api;

GRANT SELECT, INSERT, UPDATE (state) ON sessions TO alliance_api;

GRANT SELECT ON signal_evidence TO alliance_api;

GRANT SELECT ON signals TO alliance_api;

GRANT SELECT ON staff TO alliance_api;

GRANT SELECT ON standing TO alliance_api;

GRANT SELECT ON team_members TO alliance_api;

GRANT SELECT ON teams TO alliance_api;

GRANT SELECT, UPDATE (erased_at) ON people TO alliance_engine;

GRANT SELECT, UPDATE (ends_at) ON staff TO alliance_engine;

GRANT SELECT (organisation_id, person_id, birth_date), DELETE ON identities TO alliance_engine;

GRANT SELECT (organisation_id, person_id), DELETE ON person_keys TO alliance_engine;

GRANT SELECT ON legal_holds TO alliance_engine;

GRANT SELECT ON erasures TO alliance_engine;

GRANT SELECT (organisation_id, id, case_id, person_id, opened_at, ends_at), UPDATE (reason) ON emergencies TO alliance_engine;

GRANT SELECT (organisation_id, person_id), DELETE ON idempotency_keys TO alliance_engine;

GRANT SELECT ON read_ledger TO alliance_engine;

GRANT SELECT, INSERT ON ledger_seals TO alliance_engine;

GRANT SELECT, INSERT, DELETE ON research_subjects TO alliance_engine;

GRANT SELECT, INSERT, DELETE ON research_records TO alliance_engine;

GRANT SELECT ON cases TO alliance_engine;

GRANT SELECT, INSERT, UPDATE (ends_at, consented) ON standing TO alliance_engine;

GRANT SELECT, UPDATE (ends_at) ON care_team TO alliance_engine;

GRANT SELECT ON instruments TO alliance_engine;

GRANT SELECT, UPDATE (state) ON sessions TO alliance_engine;

GRANT SELECT, INSERT ON attendance TO alliance_engine;

GRANT SELECT ON occasions TO alliance_engine;

GRANT SELECT (organisation_id, id, case_id, owner_id, owner_role, due_at, outcome, settled_at), UPDATE (wording) ON commitments TO alliance_engine;

GRANT SELECT, UPDATE (scores_open_at, answers_open_at, sealed_for, superseded_by) ON measurements TO alliance_engine;

GRANT SELECT, INSERT, UPDATE (opens_at, sealed_for, to_caregivers, current), DELETE ON scores TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON score_inputs TO alliance_engine;

GRANT SELECT (organisation_id, measurement_id, case_id, informant_id, informant_role, opens_at, sealed_for, to_caregivers), UPDATE (opens_at, sealed_for, to_caregivers), DELETE ON answers TO alliance_engine;

GRANT SELECT (organisation_id, measurement_id, case_id, informant_id, informant_role, opens_at, sealed_for, to_caregivers), UPDATE (opens_at, sealed_for, to_caregivers), DELETE ON comments TO alliance_engine;

GRANT INSERT, SELECT (organisation_id, measurement_id, case_id, informant_id, informant_role, opens_at, sealed_for, to_caregivers), UPDATE (opens_at, sealed_for, to_caregivers), DELETE ON findings TO alliance_engine;

GRANT SELECT (organisation_id, id, author_id, case_id), DELETE ON notes TO alliance_engine;

GRANT SELECT, UPDATE (state, version, agreed_on, ended_on) ON goals TO alliance_engine;

GRANT SELECT, INSERT ON goal_stances TO alliance_engine;

GRANT SELECT (organisation_id, goal_id, case_id, version, worded_by, worded_at), UPDATE (wording) ON goal_versions TO alliance_engine;

GRANT SELECT (organisation_id, goal_id, case_id, version, level, worded_by), UPDATE (wording) ON goal_levels TO alliance_engine;

GRANT SELECT, DELETE ON goal_ratings TO alliance_engine;

GRANT SELECT, DELETE ON preferences TO alliance_engine;

GRANT SELECT, INSERT, UPDATE ON reliability TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON series TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON changes TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON ruptures TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON concordances TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON attainments TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON signals TO alliance_engine;

GRANT SELECT, INSERT, UPDATE, DELETE ON signal_evidence TO alliance_engine;

GRANT SELECT ON teams TO alliance_engine;

GRANT SELECT, UPDATE (ends_at) ON team_members TO alliance_engine;

GRANT SELECT, UPDATE (withdrawn_at, withdrawn_by) ON consents TO alliance_engine;

GRANT SELECT, INSERT ON aggregates TO alliance_engine;

GRANT SELECT, INSERT ON aggregate_sets TO alliance_engine;

GRANT INSERT ON facts TO alliance_engine;

GRANT SELECT, UPDATE (wrapped, master) ON person_keys TO alliance_keeper;

GRANT SELECT (organisation_id, id, version) ON instruments TO alliance_recompute;

GRANT SELECT (organisation_id, id, case_id, informant_id, informant_role, sealed_for, to_caregivers, session_id, instrument_id, instrument_code, taken_at, scores_open_at, answers_open_at, superseded_by) ON measurements TO alliance_recompute;

GRANT SELECT (organisation_id, measurement_id, case_id, item, value, not_applicable) ON answers TO alliance_recompute;

GRANT SELECT, INSERT, DELETE, UPDATE (raw, mean, pomp, minimum, maximum, answered, missing, reason, method_id, method_version) ON scores TO alliance_recompute;

GRANT SELECT, INSERT, UPDATE (inputs_hash) ON score_inputs TO alliance_recompute;

GRANT SELECT, INSERT, DELETE, UPDATE (answered, method_id, method_version) ON findings TO alliance_recompute;

CREATE POLICY cases_read ON cases FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['EpisodeOfCare']) AND (((id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'CAREGIVER', 'EHR', 'BREAK_GLASS')) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))))));

CREATE POLICY care_team_read ON care_team FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['CareTeam']) AND (((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'CAREGIVER', 'EHR', 'BREAK_GLASS')) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))))));

CREATE POLICY sessions_read ON sessions FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Appointment']) AND (((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'CAREGIVER', 'EHR', 'BREAK_GLASS')) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))))));

CREATE POLICY attendance_read ON attendance FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Encounter']) AND (((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'CAREGIVER', 'EHR', 'BREAK_GLASS')) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))))));

CREATE POLICY reliability_read ON reliability FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.reliability']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'EHR', 'BREAK_GLASS')))));

CREATE POLICY commitments_read ON commitments FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Task']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'EHR', 'BREAK_GLASS'))) OR (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (owner_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY goals_read ON goals FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Goal']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'EHR', 'BREAK_GLASS'))) OR (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (to_caregivers AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY goal_versions_read ON goal_versions FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Goal']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'EHR', 'BREAK_GLASS'))) OR (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (to_caregivers AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY goal_levels_read ON goal_levels FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Goal']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'EHR', 'BREAK_GLASS'))) OR (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (to_caregivers AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY goal_stances_read ON goal_stances FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Goal']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'EHR', 'BREAK_GLASS'))) OR (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (to_caregivers AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY goal_ratings_read ON goal_ratings FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Goal']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'EHR', 'BREAK_GLASS'))) OR (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (to_caregivers AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY attainments_read ON attainments FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Goal']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'EHR', 'BREAK_GLASS'))) OR (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (to_caregivers AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY preferences_read ON preferences FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Goal']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'EHR', 'BREAK_GLASS')))));

CREATE POLICY occasions_read ON occasions FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['ServiceRequest']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'EHR', 'BREAK_GLASS'))) OR (informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY measurements_read ON measurements FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.survey', 'QuestionnaireResponse']) AND (((informant_role IN ('CLIENT') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) OR informant_role IN ('THERAPIST', 'CAREGIVER') AND scores_open_at IS NOT NULL) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR ((informant_role IN ('CLIENT', 'CAREGIVER') AND scores_open_at IS NOT NULL OR informant_role IN ('THERAPIST') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER') AND scores_open_at IS NOT NULL AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR'))) OR ((informant_role IN ('CLIENT') AND scores_open_at <= now() AND to_caregivers OR informant_role IN ('CAREGIVER') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER'))) OR (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER') AND scores_open_at <= now() AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY scores_read ON scores FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.survey']) AND (((informant_role IN ('CLIENT') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) OR informant_role IN ('THERAPIST', 'CAREGIVER') AND opens_at <= now()) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR ((informant_role IN ('CLIENT', 'CAREGIVER') AND opens_at <= now() AND (SELECT nullif(current_setting('alliance.person', true), '')::uuid) <> ALL (sealed_for) OR informant_role IN ('THERAPIST') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (informant_role IN ('CLIENT', 'CAREGIVER') AND opens_at <= now() AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR ((informant_role IN ('CLIENT') AND opens_at <= now() AND to_caregivers OR informant_role IN ('CAREGIVER') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER'))) OR (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER') AND opens_at <= now() AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS'))) OR (informant_role IN ('THERAPIST') AND opens_at IS NOT NULL AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR')))));

CREATE POLICY answers_read ON answers FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['QuestionnaireResponse']) AND (((informant_role IN ('CLIENT') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) OR informant_role IN ('THERAPIST', 'CAREGIVER') AND opens_at <= now()) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR ((informant_role IN ('CLIENT', 'CAREGIVER') AND opens_at <= now() AND (SELECT nullif(current_setting('alliance.person', true), '')::uuid) <> ALL (sealed_for) OR informant_role IN ('THERAPIST') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR ((informant_role IN ('CLIENT') AND opens_at <= now() AND to_caregivers OR informant_role IN ('CAREGIVER') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER'))) OR (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER') AND opens_at <= now() AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY findings_read ON findings FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['QuestionnaireResponse']) AND (((informant_role IN ('CLIENT') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) OR informant_role IN ('THERAPIST', 'CAREGIVER') AND opens_at <= now()) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR ((informant_role IN ('CLIENT', 'CAREGIVER') AND opens_at <= now() AND (SELECT nullif(current_setting('alliance.person', true), '')::uuid) <> ALL (sealed_for) OR informant_role IN ('THERAPIST') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR ((informant_role IN ('CLIENT') AND opens_at <= now() AND to_caregivers OR informant_role IN ('CAREGIVER') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER'))) OR (informant_role IN ('CLIENT', 'THERAPIST', 'CAREGIVER') AND opens_at <= now() AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY comments_read ON comments FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['QuestionnaireResponse']) AND (((informant_role IN ('CLIENT') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) OR informant_role IN ('THERAPIST', 'CAREGIVER') AND opens_at <= now()) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR ((informant_role IN ('CLIENT', 'CAREGIVER') AND opens_at <= now() AND (SELECT nullif(current_setting('alliance.person', true), '')::uuid) <> ALL (sealed_for) OR informant_role IN ('THERAPIST') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR ((informant_role IN ('CLIENT') AND opens_at <= now() AND to_caregivers OR informant_role IN ('CAREGIVER') AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER')))));

CREATE POLICY series_read ON series FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.survey']) AND ((audience = 'CLIENT' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR (audience = 'CARE_TEAM' AND (informant_role IS DISTINCT FROM 'THERAPIST' OR informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (audience = 'CARE_TEAM' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (audience = 'CARE_TEAM' AND informant_role IS DISTINCT FROM 'THERAPIST' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY changes_read ON changes FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.survey']) AND ((audience = 'CLIENT' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR (audience = 'CARE_TEAM' AND (informant_role IS DISTINCT FROM 'THERAPIST' OR informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (audience = 'CARE_TEAM' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (audience = 'CARE_TEAM' AND informant_role IS DISTINCT FROM 'THERAPIST' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY ruptures_read ON ruptures FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.survey']) AND ((audience = 'CLIENT' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR (audience = 'CARE_TEAM' AND (informant_role IS DISTINCT FROM 'THERAPIST' OR informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (audience = 'CARE_TEAM' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (audience = 'CARE_TEAM' AND informant_role IS DISTINCT FROM 'THERAPIST' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY concordances_read ON concordances FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.survey']) AND ((audience = 'CLIENT' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR (audience = 'CARE_TEAM' AND (informant_role IS DISTINCT FROM 'THERAPIST' OR informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (audience = 'CARE_TEAM' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (audience = 'CARE_TEAM' AND informant_role IS DISTINCT FROM 'THERAPIST' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY signals_read ON signals FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Flag']) AND ((audience = 'CLIENT' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR (audience = 'CARE_TEAM' AND (informant_role IS DISTINCT FROM 'THERAPIST' OR informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (audience = 'CARE_TEAM' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (audience = 'CARE_TEAM' AND informant_role IS DISTINCT FROM 'THERAPIST' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY signal_evidence_read ON signal_evidence FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Flag']) AND ((audience = 'CLIENT' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))) OR (audience = 'CARE_TEAM' AND (informant_role IS DISTINCT FROM 'THERAPIST' OR informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) OR (audience = 'CARE_TEAM' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented)) OR (audience = 'CARE_TEAM' AND informant_role IS DISTINCT FROM 'THERAPIST' AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR', 'BREAK_GLASS')))));

CREATE POLICY notes_read ON notes FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['DocumentReference']) AND ((author_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST')))));

CREATE POLICY consents_read ON consents FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Consent']) AND ((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'CAREGIVER')))));

CREATE POLICY emergencies_read ON emergencies FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['AuditEvent']) AND (((case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST')) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))))) OR (person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('BREAK_GLASS')))));

CREATE POLICY research_records_read ON research_records FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['ResearchSubject']) AND ((((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'RESEARCHER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))))));

CREATE POLICY measurements_insert ON measurements FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['QuestionnaireResponse.c']) AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, informant_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))));

CREATE POLICY answers_insert ON answers FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['QuestionnaireResponse.c']) AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, informant_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))));

CREATE POLICY comments_insert ON comments FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['QuestionnaireResponse.c']) AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, informant_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))));

CREATE POLICY measurements_update ON measurements FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, informant_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, informant_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'CAREGIVER'))));

CREATE POLICY goals_insert ON goals FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.c']) AND proposed_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY goal_versions_insert ON goal_versions FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.c', 'Goal.u']) AND worded_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY goal_stances_update ON goal_stances FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.u']) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.u']) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY goal_levels_insert ON goal_levels FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.c', 'Goal.u']) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY preferences_insert ON preferences FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.u']) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY preferences_update ON preferences FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.u']) AND ((case_id, role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.u']) AND ((case_id, role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY goal_ratings_insert ON goal_ratings FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Goal.u']) AND rated_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY commitments_insert ON commitments FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Task.c']) AND owner_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, owner_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY commitments_update ON commitments FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Task.u']) AND owner_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, owner_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Task.u']) AND owner_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, owner_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST'))));

CREATE POLICY cases_insert ON cases FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['EpisodeOfCare.c']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY cases_update ON cases FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['EpisodeOfCare.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) AND status = 'ACTIVE')
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['EpisodeOfCare.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))) AND status = 'CLOSED' AND closed_on IS NOT NULL);

CREATE POLICY care_team_insert ON care_team FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['CareTeam.c']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY care_team_update ON care_team FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['CareTeam.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['CareTeam.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY care_team_insert_own ON care_team FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['CareTeam.c']) AND authority = 'INVITED' AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))));

CREATE POLICY care_team_update_own ON care_team FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['CareTeam.u']) AND authority = 'INVITED' AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['CareTeam.u']) AND authority = 'INVITED' AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))));

CREATE POLICY consents_insert ON consents FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.c']) AND given_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((case_id, given_role) IN (SELECT s.case_id, s.relation FROM standing s WHERE s.relation IN ('CLIENT', 'CAREGIVER'))));

CREATE POLICY consents_update ON consents FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT'))));

CREATE POLICY consents_update_own ON consents FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND given_role = 'CAREGIVER' AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER'))) AND withdrawn_at IS NULL)
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND given_role = 'CAREGIVER' AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('CAREGIVER'))) AND withdrawn_at IS NOT NULL AND withdrawn_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid));

CREATE POLICY notes_insert ON notes FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['DocumentReference.c']) AND author_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))));

CREATE POLICY emergencies_update ON emergencies FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['AuditEvent.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['AuditEvent.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))) AND reviewed_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid));

CREATE POLICY legal_holds_insert ON legal_holds FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.c']) AND set_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY legal_holds_update ON legal_holds FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Consent.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY erasures_insert ON erasures FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Patient.d']) AND asked_by = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY sessions_insert ON sessions FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Appointment.c']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST', 'EHR'))));

CREATE POLICY sessions_update ON sessions FOR UPDATE TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Appointment.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST', 'EHR'))))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Appointment.u']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST', 'EHR'))));

CREATE POLICY occasions_insert ON occasions FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['ServiceRequest.c']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST'))));

CREATE POLICY attendance_insert ON attendance FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['Encounter.c']) AND (case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('THERAPIST', 'EHR'))));

CREATE POLICY organisations_read ON organisations FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY people_read ON people FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) OR id IN (SELECT s.client_id FROM standing s) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR id IN (SELECT c.person_id FROM care_team c) OR id IN (SELECT r.person_id FROM read_ledger r WHERE r.cases && ARRAY(SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT')))) OR (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY identities_read ON identities FOR SELECT TO alliance_api
  USING ((SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Patient']) AND organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) OR person_id IN (SELECT s.client_id FROM standing s) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR person_id IN (SELECT c.person_id FROM care_team c) OR person_id IN (SELECT r.person_id FROM read_ledger r WHERE r.cases && ARRAY(SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT')))));

CREATE POLICY staff_read ON staff FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid));

CREATE POLICY standing_read ON standing FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND client_id = coalesce((SELECT nullif(current_setting('alliance.patient', true), '')::uuid), client_id) AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()));

CREATE POLICY instruments_read ON instruments FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instrument_items_read ON instrument_items FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instrument_anchors_read ON instrument_anchors FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instrument_scales_read ON instrument_scales FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instrument_norms_read ON instrument_norms FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instrument_reports_read ON instrument_reports FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instrument_bands_read ON instrument_bands FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instrument_records_read ON instrument_records FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY teams_read ON teams FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY team_members_read ON team_members FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY aggregates_read ON aggregates FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['MeasureReport']) AND (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'MANAGER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND ((level = 'THERAPIST' AND unit_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)) OR (level = 'ORGANISATION' AND (SELECT EXISTS (SELECT FROM standing s WHERE s.relation = 'THERAPIST')))))));

CREATE POLICY read_ledger_read ON read_ledger FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['AuditEvent']) AND ((person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL OR cases <@ ARRAY(SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT', 'THERAPIST', 'SUPERVISOR', 'CAREGIVER', 'EHR', 'BREAK_GLASS')))) OR cases && ARRAY(SELECT s.case_id FROM standing s WHERE s.relation IN ('CLIENT')) OR ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now()))))));

CREATE POLICY read_ledger_insert ON read_ledger FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid));

CREATE POLICY ledger_seals_read ON ledger_seals FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['AuditEvent']) AND ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))));

CREATE POLICY person_keys_read ON person_keys FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY person_keys_insert ON person_keys FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (SELECT p.erased_at IS NULL FROM people p WHERE p.organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND p.id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid)));

CREATE POLICY legal_holds_read ON legal_holds FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Consent']) AND ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))));

CREATE POLICY erasures_read ON erasures FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['AuditEvent']) AND ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'PRIVACY_OFFICER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))));

CREATE POLICY emergencies_insert ON emergencies FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['break_glass']) AND ((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'CLINICIAN' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))));

CREATE POLICY facts_read ON facts FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND (SELECT string_to_array(current_setting('alliance.writes', true), ' ') && ARRAY['feed.read']) AND ((((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'NOTIFIER' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) AND type IN ('care_team.joined', 'care_team.left', 'case.closed', 'case.opened', 'commitment.made', 'commitment.settled', 'emergency.opened', 'goal.answered', 'goal.ended', 'goal.proposed', 'goal.rated', 'occasion.planned', 'occasion.settled', 'person.erased', 'session.cancelled', 'session.moved', 'session.planned', 'session.recorded', 'signal.acknowledged', 'signal.heard', 'signal.raised')) OR (((SELECT nullif(current_setting('alliance.patient', true), '')::uuid) IS NULL AND (SELECT EXISTS (SELECT FROM staff f WHERE f.role = 'EHR' AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())))) AND type IN ('care_team.joined', 'care_team.left', 'case.closed', 'case.opened', 'commitment.made', 'commitment.settled', 'goal.answered', 'goal.ended', 'goal.proposed', 'goal.rated', 'occasion.planned', 'person.erased', 'session.cancelled', 'session.moved', 'session.planned', 'session.recorded', 'signal.acknowledged', 'signal.heard', 'signal.raised') AND (case_id IS NULL OR case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('EHR'))))));

CREATE POLICY idempotency_keys_read ON idempotency_keys FOR SELECT TO alliance_api
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid));

CREATE POLICY idempotency_keys_insert ON idempotency_keys FOR INSERT TO alliance_api
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid) AND person_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid));

CREATE POLICY people_engine ON people FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY staff_engine ON staff FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY identities_engine ON identities FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY person_keys_engine ON person_keys FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY legal_holds_engine ON legal_holds FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY erasures_engine ON erasures FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY emergencies_engine ON emergencies FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY idempotency_keys_engine ON idempotency_keys FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY read_ledger_engine ON read_ledger FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY ledger_seals_engine ON ledger_seals FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY research_subjects_engine ON research_subjects FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY research_records_engine ON research_records FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY cases_engine ON cases FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY standing_engine ON standing FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY care_team_engine ON care_team FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instruments_engine ON instruments FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY sessions_engine ON sessions FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY attendance_engine ON attendance FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY occasions_engine ON occasions FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY commitments_engine ON commitments FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY measurements_engine ON measurements FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY scores_engine ON scores FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY score_inputs_engine ON score_inputs FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY answers_engine ON answers FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY comments_engine ON comments FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY findings_engine ON findings FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY notes_engine ON notes FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY goals_engine ON goals FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY goal_stances_engine ON goal_stances FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY goal_versions_engine ON goal_versions FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY goal_levels_engine ON goal_levels FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY goal_ratings_engine ON goal_ratings FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY preferences_engine ON preferences FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY reliability_engine ON reliability FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY series_engine ON series FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY changes_engine ON changes FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY ruptures_engine ON ruptures FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY concordances_engine ON concordances FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY attainments_engine ON attainments FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY signals_engine ON signals FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY signal_evidence_engine ON signal_evidence FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY teams_engine ON teams FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY team_members_engine ON team_members FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY consents_engine ON consents FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY aggregates_engine ON aggregates FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY aggregate_sets_engine ON aggregate_sets FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY facts_engine ON facts FOR ALL TO alliance_engine
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY person_keys_keeper ON person_keys FOR ALL TO alliance_keeper
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY instruments_recompute ON instruments FOR ALL TO alliance_recompute
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY measurements_recompute ON measurements FOR ALL TO alliance_recompute
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY answers_recompute ON answers FOR ALL TO alliance_recompute
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY scores_recompute ON scores FOR ALL TO alliance_recompute
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY score_inputs_recompute ON score_inputs FOR ALL TO alliance_recompute
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE POLICY findings_recompute ON findings FOR ALL TO alliance_recompute
  USING (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid))
  WITH CHECK (organisation_id = (SELECT nullif(current_setting('alliance.organisation', true), '')::uuid));

CREATE VIEW withheld WITH (security_invoker = true) AS
SELECT m.organisation_id, m.id AS measurement_id, w.facet, w.reason
FROM measurements m CROSS JOIN LATERAL (VALUES
  ('SCORES', CASE WHEN EXISTS (SELECT FROM scores f WHERE f.organisation_id = m.organisation_id AND f.measurement_id = m.id) THEN NULL WHEN NOT coalesce((SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['Observation.survey']), false) THEN 'SCOPE' WHEN m.informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) THEN NULL WHEN EXISTS (SELECT FROM people p WHERE p.organisation_id = m.organisation_id AND p.id = m.informant_id AND p.erased_at IS NOT NULL) THEN 'ERASED' WHEN m.case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR')) AND NOT m.case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR') AND s.consented) THEN 'NO_CONSENT' WHEN m.scores_open_at > now() THEN 'NOT_YET' WHEN m.scores_open_at IS NULL THEN 'PRIVATE' WHEN (SELECT nullif(current_setting('alliance.person', true), '')::uuid) = ANY (m.sealed_for) THEN 'RATE_FIRST' ELSE 'PRIVATE' END),
  ('ANSWERS', CASE WHEN EXISTS (SELECT FROM answers f WHERE f.organisation_id = m.organisation_id AND f.measurement_id = m.id) THEN NULL WHEN NOT coalesce((SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['QuestionnaireResponse']), false) THEN 'SCOPE' WHEN m.informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) THEN NULL WHEN EXISTS (SELECT FROM people p WHERE p.organisation_id = m.organisation_id AND p.id = m.informant_id AND p.erased_at IS NOT NULL) THEN 'ERASED' WHEN m.case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR')) THEN 'PRIVATE' WHEN m.answers_open_at > now() THEN 'NOT_YET' WHEN m.answers_open_at IS NULL THEN 'TREND_ONLY' WHEN (SELECT nullif(current_setting('alliance.person', true), '')::uuid) = ANY (m.sealed_for) THEN 'RATE_FIRST' ELSE 'PRIVATE' END),
  ('COMMENT', CASE WHEN m.has_comment
              THEN CASE WHEN EXISTS (SELECT FROM comments f WHERE f.organisation_id = m.organisation_id AND f.measurement_id = m.id) THEN NULL WHEN NOT coalesce((SELECT string_to_array(current_setting('alliance.reads', true), ' ') && ARRAY['QuestionnaireResponse']), false) THEN 'SCOPE' WHEN m.informant_id = (SELECT nullif(current_setting('alliance.person', true), '')::uuid) THEN NULL WHEN EXISTS (SELECT FROM people p WHERE p.organisation_id = m.organisation_id AND p.id = m.informant_id AND p.erased_at IS NOT NULL) THEN 'ERASED' WHEN m.case_id IN (SELECT s.case_id FROM standing s WHERE s.relation IN ('SUPERVISOR')) THEN 'PRIVATE' WHEN m.answers_open_at > now() THEN 'NOT_YET' WHEN m.answers_open_at IS NULL THEN 'TREND_ONLY' WHEN (SELECT nullif(current_setting('alliance.person', true), '')::uuid) = ANY (m.sealed_for) THEN 'RATE_FIRST' ELSE 'PRIVATE' END END)
) AS w (facet, reason)
WHERE w.reason IS NOT NULL;
REVOKE ALL ON withheld FROM PUBLIC;
GRANT SELECT ON withheld TO alliance_api;

