"""FHIR R4 Questionnaire and QuestionnaireResponse: read, checked, mapped to our forms, and written again.

In, each step on what the one before left:

    reading        bytes of unknown origin to bounded JSON, decimals as they were written
    parsing        JSON to a neutral questionnaire (structure), every refusal and notice at once (findings, words)
    mapping        a questionnaire to our form language, and where each of its items went (spots)
    recognising    which measure it is, or whether a sum of weights can be offered
    planning       all of that for one file: what would be taken, before anything is saved
    taking         a plan and a person's choices (forms) into a practice's library; marking safety questions
    received       a response checked against its form (matching)
    responses      a checked response as the private history of one partner

Out:

    exporting      an edition as the Questionnaire it came as, or as far as that still holds (merging)
    writing        content that was written here as a Questionnaire
    answering      answers in the shape of their form
    record         one person's record as a Bundle
"""
