"""Pure maps between this house and FHIR R4."""
