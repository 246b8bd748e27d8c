"""FHIR R4 Questionnaire and QuestionnaireResponse: read, checked, mapped to our forms, and written again.

reading        bytes of unknown origin to bounded JSON, decimals as they were written
findings       what is refused and what is noticed, as data that is said in the reader's language
parsing        JSON to a questionnaire with all its refusals and notices at once
mapping        a questionnaire to the content of an edition
recognising    which measure it is, or whether a sum of weights can be offered
taking         a checked file into a practice's library
responses      answers from elsewhere, checked against their form
export         exercises, answers and a person's record as FHIR
"""
