"""The stored GraphQL documents that an archive is made of, and what they leave out on purpose.

A test walks the schema from `Case`: a field that stands in no document and is not left out here
with a reason fails it, so that whatever a case learns to tell is taken along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

LARGEST_PAGE: Final = 100
# Goals bring their ratings along, and an answer may hold so many objects.
GOALS: Final = 25

_FRAGMENTS: Final[Mapping[str, str]] = {
    "Labels": """fragment Labels on Labels {
  confidentiality sensitivity policies obligations notice { id version text verified } }""",
    "Who": "fragment Who on Person { id name }",
    "At": "fragment At on Session { id number }",
    "Rule": "fragment Rule on Method { id version }",
    "Span": "fragment Span on Interval { lower upper }",
    "Share": "fragment Share on Rate { value numerator denominator interval { ...Span } }",
    "Figure": "fragment Figure on Estimate { value n interval { ...Span } }",
    "Place": "fragment Place on CareTeamMember { person { ...Who } relation since until authority }",
    "Relied": """fragment Relied on Reliability {
  party sessions kept { ...Share } punctual { ...Share } medianDelay cadence { ...Share }
  cadenceVariation followThrough { ...Share } lateCancellations period { start end } computedAt
  method { ...Rule } }""",
    "Became": """fragment Became on Outcome {
  status reason cut points source method { id version } }""",
    "Changed": """fragment Changed on Change {
  difference index direction reason norm { sd reliability kind population source verified }
  outcome { ...Became } method { ...Rule } }""",
    "Scored": """fragment Scored on Score {
  scale instrumentCode informant raw mean pomp minimum maximum answered missing reason takenAt
  session { id } interval { ...Span } change { ...Changed } sinceBaseline { ...Changed }
  outcome { ...Became } method { ...Rule } }""",
    "Given": """fragment Given on Measurement {
  id caseId instrument { id code version name } informant { ...Who } role session { ...At } takenAt
  disclosure scores { ...Scored } answers { item value notApplicable }
  findings { code scale answered method { ...Rule } } comment withheld { facet reason }
  supersededBy { id } }""",
    "Promised": """fragment Promised on Commitment {
  id caseId owner { ...Who } role wording madeAt dueAt outcome settledAt }""",
    "Rated": "fragment Rated on GoalRating { ratedBy { ...Who } role level ratedAt }",
    "Next": "fragment Next on PageInfo { hasNextPage endCursor }",
}
_SPREAD = re.compile(r"\.\.\.(\w+)")


def _whole(document: str) -> str:
    """Return a document with the fragments that it spreads."""
    named: dict[str, None] = {}
    pending = [document]
    while pending:
        for name in _SPREAD.findall(pending.pop()):
            if name in _FRAGMENTS and name not in named:
                named[name] = None
                pending.append(_FRAGMENTS[name])
    return "\n".join([document, *(_FRAGMENTS[name] for name in named)])


PERSON: Final = _whole("""query ArchivePerson { viewer {
  person { id name birthDate language erasedAt
    legalHolds { id person { id } reason setBy { ...Who } setAt liftedAt } }
  organisation { id name } cases { id } } }""")

CASE: Final = _whole("""query ArchiveCase($case: ID!) { case(id: $case) {
  id status openedOn closedOn timeZone client { ...Who } disclosureDefault jurisdiction
  labels { ...Labels } nextSession { ...At } openSignals } }""")

# Each by itself: what a narrow token cannot reach in one must not take the others along.
PARTS: Final[Mapping[str, str]] = {
    "careTeam": _whole("""query ArchiveTeam($case: ID!) { case(id: $case) {
  careTeam { ...Place } } }"""),
    "formerCareTeam": _whole("""query ArchiveFormerTeam($case: ID!) { case(id: $case) {
  formerCareTeam { ...Place } } }"""),
    "consents": _whole("""query ArchiveConsents($case: ID!) { case(id: $case) {
  consents { id kind givenBy { ...Who } givenRole givenAt assentedAt withdrawnAt live } } }"""),
    "emergencies": _whole("""query ArchiveEmergencies($case: ID!) { case(id: $case) {
  emergencies { id caseId by { ...Who } reason openedAt endsAt
    review { verdict by { ...Who } at } } } }"""),
    "occasions": _whole("""query ArchiveOccasions($case: ID!) { case(id: $case) {
  occasions { id instrument { code version name } informant { ...Who } role session { ...At }
    opensAt dueAt state measurement { id } } } }"""),
    "preferences": _whole("""query ArchivePreferences($case: ID!) { case(id: $case) {
  preferences { dimension role value setBy { ...Who } setAt } } }"""),
    "attainment": _whole("""query ArchiveAttainment($case: ID!) { case(id: $case) {
  attainment { n baseline followUp change
    ratings { n first latest difference interval { ...Span } }
    agreed { ...Share } wordedByClient { ...Share } medianDays disagreed method { ...Rule } }
  } }"""),
    "reliabilityOfClient": _whole("""query ArchiveReliability($case: ID!) { case(id: $case) {
  reliabilityOfClient: reliability(of: CLIENT) { ...Relied } } }"""),
    "reliabilityOfTherapist": _whole("""query ArchiveReliability($case: ID!) { case(id: $case) {
  reliabilityOfTherapist: reliability(of: THERAPIST) { ...Relied } } }"""),
}
# Those that are one figure and no list.
FIGURES: Final = frozenset({"attainment", "reliabilityOfClient", "reliabilityOfTherapist"})

SESSIONS: Final = _whole("""query ArchiveSessions($case: ID!, $after: String) { case(id: $case) {
  sessions(first: 100, after: $after) { totalCount pageInfo { ...Next } nodes {
    id number plannedStart plannedEnd modality state therapist { ...Who } outcome startedAt endedAt
    cancelledBy notice excused movedFrom { ...At } movedTo { ...At }
    clientMinutesLate: minutesLate(of: CLIENT) therapistMinutesLate: minutesLate(of: THERAPIST)
  } } } }""")

MEASUREMENTS: Final = _whole("""query ArchiveMeasurements($case: ID!, $after: String) {
  case(id: $case) { measurements(first: 75, after: $after) {
    totalCount pageInfo { ...Next } nodes { ...Given } } } }""")

GOAL: Final = _whole("""query ArchiveGoals($case: ID!, $first: Int!, $skip: Int!) {
  case(id: $case) { goals(first: $first, skip: $skip) {
    id wording wordedBy { ...Who } version kind levels { level wording wordedBy { ...Who } } state
    weight proposedBy { ...Who } proposedAt agreedOn endedOn
    stances { person { ...Who } role stance answeredAt }
    history { version wording wordedBy { ...Who } wordedAt }
    change { n first latest difference } ratings(last: 100) { ...Rated } } } }""")

RATINGS: Final = _whole("""query ArchiveRatings($goal: ID!, $skip: Int!) { node(id: $goal) {
  ... on Goal { ratings(last: 100, skip: $skip) { ...Rated } } } }""")

COMMITMENTS: Final = _whole("""query ArchiveCommitments($case: ID!, $first: Int!, $skip: Int!) {
  case(id: $case) { commitments(first: $first, skip: $skip) { ...Promised } } }""")

SIGNALS: Final = _whole("""query ArchiveSignals($case: ID!, $first: Int!, $skip: Int!) {
  case(id: $case) { signals(first: $first, skip: $skip) {
    id kind state raisedAt over falseAlarmRate informant instrumentCode scale party
    evidence { measurement { id session { ...At } } session { ...At } occasion { id } commitment { id } goal { id } }
    acknowledgement { by { ...Who } at } heard heardAt method { ...Rule } } } }""")

READINGS: Final = _whole("""query ArchiveReadings($case: ID!, $after: String) {
  case(id: $case) { readings(first: 100, after: $after) { totalCount pageInfo { ...Next } nodes {
    at by { ...Who } application purpose operation facets outcome inWords } } } }""")

TRAJECTORY: Final = _whole("""query ArchiveTrajectory(
    $case: ID!, $instrument: String!, $informant: InformantRole!, $scale: String!) {
  case(id: $case) { trajectory(instrument: $instrument, informant: $informant, scale: $scale) {
    instrumentCode informant scale n points { raw takenAt session { ...At } }
    baseline { n provisional } centre lower upper falseAlarmRate reason ceilingShare atCeiling
    shape slope { ...Figure } ruptures { start { id takenAt session { ...At } }
      nadir { id takenAt session { ...At } } repair { id takenAt session { ...At } }
      depth pattern over method { ...Rule } } method { ...Rule } } } }""")

CONCORDANCE: Final = _whole("""query ArchiveConcordance(
    $case: ID!, $instrument: String!, $therapistForm: String!, $scale: String!) {
  case(id: $case) {
    concordance(instrument: $instrument, therapistForm: $therapistForm, scale: $scale) {
      clientCode instrumentCode therapist { ...Who } scale n unit bias { ...Figure }
      tracking { ...Figure } correlation { ...Figure } absoluteGap { ...Figure } reason
      method { ...Rule } } } }""")

INSTRUMENT: Final = _whole("""query ArchiveInstrument($code: String!, $version: Int!) {
  instrument(code: $code, version: $version) {
    id code baseCode version name informant language
    licence { id status holder statement permissionRequired } permissionRequired
    permission { statement recordedAt } plannable verified validated source timeFrame
    ages { minimum maximum signalsFrom } instructions loinc constructs wordedAt
    items { number key minimum maximum step wording notApplicable construct safety
      anchors { value wording } }
    scales { key headline constructs items reversed minimum maximum polarity anyYes leastAnswered
      verified missingVerified loinc
      norms { population language n sd reliability kind source verified }
      reports { population n mean sd reliability kind reliableChange source verified }
      bands { key atLeast atMost below source verified } }
    records { kind at statement wordsHash } } }""")

OWN_MEASUREMENTS: Final = _whole("""query ArchiveOwnMeasurements(
    $informant: InformantRole!, $after: String) {
  viewer { measurements(first: 75, after: $after, informant: $informant) {
    totalCount pageInfo { ...Next } nodes { ...Given labels { ...Labels } } } } }""")

OWN_COMMITMENTS: Final = _whole("""query ArchiveOwnCommitments($after: String) {
  viewer { commitments(first: 100, after: $after, by: THERAPIST) {
    totalCount pageInfo { ...Next } nodes { ...Promised labels { ...Labels } } } } }""")

OWN_NOTES: Final = _whole("""query ArchiveOwnNotes($after: String) {
  viewer { notes(first: 100, after: $after) {
    totalCount pageInfo { ...Next } nodes {
      id caseId body session { ...At } writtenAt labels { ...Labels } } } } }""")

ALL: Final = (
    PERSON,
    CASE,
    *PARTS.values(),
    SESSIONS,
    MEASUREMENTS,
    GOAL,
    RATINGS,
    COMMITMENTS,
    SIGNALS,
    READINGS,
    TRAJECTORY,
    CONCORDANCE,
    INSTRUMENT,
    OWN_MEASUREMENTS,
    OWN_COMMITMENTS,
    OWN_NOTES,
)

_LABELS = "told once for each kind of a case's rows: the archive's `labels`, from the same table"
# Of every type but `Case`, whose own are read.
LEFT_OUT_EVERYWHERE: Final[Mapping[str, str]] = {
    "labels": _LABELS,
    "edges": "the nodes are read",
    "node": "the nodes are read",
    "cursor": "pages are followed by the cursor of their end",
    "hasPreviousPage": "pages are followed from the first to the last",
    "startCursor": "pages are followed from the first to the last",
}
LEFT_OUT: Final[Mapping[tuple[str, str], str]] = {
    ("Case", "latestScores"): "the same scores as in the measurements",
    ("Case", "notes"): "nobody's but their author's, who finds them in `own`",
}
