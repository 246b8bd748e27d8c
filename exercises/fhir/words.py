"""Every reason to refuse a file and every notice about one, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REFUSALS: Mapping[str, str | Promise] = {
    # the file
    "too_large": _("The file is larger than %(limit)s MB."),
    "not_utf8": _("This is not text in UTF-8 (line %(line)s). Please save it as UTF-8 JSON."),
    "empty_file": _("The file is empty."),
    "xml": _("This looks like XML. Attune reads FHIR as JSON."),
    "broken_json": _("This is not JSON: reading stopped at line %(line)s, column %(column)s."),
    "too_deep_json": _("The JSON is nested more than %(limit)s levels deep."),
    "huge_number": _("There is a number too long to keep at line %(line)s, column %(column)s."),
    "twice": _("The name “%(name)s” stands twice in one object, so what is meant is not clear."),
    "no_object": _("The file holds no FHIR resource: it has to be one JSON object."),
    "unkeepable": _("This text holds an invisible character that cannot be kept."),
    "no_resource": _("This is not FHIR: it does not say its resourceType."),
    "other_resource": _("This is a %(name)s. A Questionnaire, or a Bundle with Questionnaires, can be imported."),
    "other_resource_response": _("This is a %(name)s, not a QuestionnaireResponse."),
    "empty_bundle": _("The Bundle holds no Questionnaire."),
    "too_many_items": _("The form has %(count)s items; up to %(limit)s can be taken."),
    "too_deep": _("Items are nested %(depth)s levels deep; up to %(limit)s can be taken."),
    # the form of an element
    "wrong_kind": _("This should be %(wanted)s."),
    "too_long": _("This is longer than %(limit)s characters."),
    "licence_needed": _("%(name)s may only be used with a licence. Confirm first that your practice holds one."),
    # items
    "no_link_id": _("An item has no linkId."),
    "same_link_id": _("Another item has the same linkId."),
    "no_type": _("The item has no type."),
    "unknown_type": _("There is no item type “%(name)s”."),
    "other_release_type": _("The type “%(name)s” belongs to another release of FHIR. Attune reads R4."),
    "other_release": _("“%(name)s” belongs to another release of FHIR. Attune reads R4."),
    "not_asked_type": _("Items of type “%(name)s” cannot be asked here."),
    "modifier": _("The modifierExtension “%(url)s” changes the meaning in a way Attune does not know."),
    "expression": _("“%(name)s” decides what is asked or offered, and Attune does not run expressions."),
    "sub_questionnaire": _("Part of the form is in another file (subQuestionnaire)."),
    # options
    "no_options": _("The question offers no answers to choose from."),
    "too_many_options": _("The question offers %(count)s answers; up to %(limit)s can be taken."),
    "empty_option": _("An answer to choose from has no value."),
    "option_kind": _("Answers to choose from cannot be of the kind “%(name)s”."),
    "both_options": _("The question has answerOption and answerValueSet; only one of them may be there."),
    "external_set": _("The answers are in a value set outside of the file: %(url)s (%(count)s items)."),
    "no_contained_set": _("There is no value set “%(name)s” in the file."),
    "open_set": _("The value set “%(name)s” does not list its answers; they are somewhere else."),
    # conditions
    "condition_nowhere": _("The condition asks for “%(question)s”, and there is no such item."),
    "condition_not_asked": _("The condition asks for “%(question)s”, which is no question."),
    "condition_cycle": _("The conditions go round in a circle: %(names)s."),
    "condition_no_question": _("The condition does not say which question it is about."),
    "condition_no_operator": _("The condition has no operator."),
    "condition_operator": _("There is no operator “%(name)s”."),
    "condition_no_answer": _("The condition has no answer to compare with."),
    "condition_answers": _("The condition has more than one answer to compare with."),
    "condition_answer": _("The answer to compare with is not a proper %(kind)s."),
    "condition_fit": _("The condition compares a question of type “%(type)s” with an answer of type “%(kind)s”."),
    "condition_order": _("The operator “%(operator)s” needs an order, and answers of type “%(kind)s” have none."),
    "condition_behaviour": _("There is no enableBehavior “%(name)s”."),
    # values
    "limits_crossed": _("The smallest allowed value is above the largest."),
    "not_expressible": _("Attune cannot keep the form like this: %(reason)s"),
    # responses
    "no_form": _("The answers do not say which form they belong to. Please name the form."),
    "unknown_form": _("The form “%(url)s” is not in this library. Import it first, or name the form."),
    "not_marked": _(
        "Nobody has said yet whether this form asks about self-harm, suicide or violence. Mark that in the library "
        "first, so that no answer about it is missed."
    ),
    "other_version": _("These answers belong to version %(version)s; the library has %(known)s."),
    "other_form": _("These answers say that they belong to “%(url)s”, which is another form."),
    "unknown_item": _("The form has no such item."),
    "answer_kind": _("The answer is of the kind “%(kind)s”; the question is of type “%(type)s”."),
    "answer_option": _("“%(name)s” is none of the answers offered."),
    "answer_many": _("The question takes one answer, and here are %(count)s."),
    "answer_missing": _("The question has to be answered in a completed response."),
    "answer_disabled": _("The conditions of the form switch this item off, and here it has an answer."),
    "answer_limits": _("The answer is outside of what the question allows."),
    "answer_in_group": _("This item takes no answer."),
    "answer_empty": _("An answer has no value."),
    "item_repeated": _("This item stands %(count)s times and may stand once."),
    "response_status": _("A response with the status “%(name)s” is not taken."),
    "response_no_status": _("The response has no status."),
    "bad_authored": _("The time it was written is not a date and time with a zone."),
    "in_future": _("The response is dated in the future."),
    "before_version": _("The response holds no answer."),
    "not_partner": _("This person is no partner of the couple."),
    "already_there": _("This response was imported already."),
}

NOTICES: Mapping[str, str | Promise] = {
    # taken with a notice
    "no_status": _("The file has no status; it is taken as a draft."),
    "odd_status": _("The status “%(name)s” is none of FHIR's; it is taken as a draft."),
    "retired": _("The file says that this form is retired."),
    "no_text": _("The item has no text of its own."),
    "children_lifted": _("A display item cannot have items under it; they were moved beside it."),
    "all_assumed": _("Several conditions and no enableBehavior: all of them must hold."),
    "first_match": _(
        "Initial value and answers to choose from stand together: the first answer that matches is chosen."
    ),
    "initial_not_offered": _("The initial value is none of the answers offered, so nothing is chosen beforehand."),
    "number_as_text": _("A number was written as text and is read as a number."),
    "text_as_flag": _("A yes or no was written as text and is read as such."),
    "constant": _("A hidden question without answers to choose from is kept as it is and not asked."),
    "not_enforced": _("“%(name)s” is kept but not enforced: answers that break this rule are accepted."),
    "kept": _("“%(name)s” is kept, not used."),
    "calculated": _("This item is calculated by an expression. It is kept, not asked and not calculated."),
    "total_not_asked": _("The total is worked out from the answers, so nobody is asked for it."),
    "depends_on_unasked": _("The condition looks at “%(question)s”, which is never asked here."),
    "not_used_resource": _("The Bundle also holds a %(name)s; it is not used."),
    "no_items": _("The form asks nothing."),
    "style_dropped": _("Formatting is shown as plain text."),
    "same_option": _("The answer “%(name)s” is offered twice; it is shown once."),
    "initial_kind": _("The initial value does not fit a question of type “%(type)s” and is not used."),
    "initial_many": _("Only a repeating question may have several initial values: the first one is used."),
    "bad_regex": _("The pattern cannot be read, so it is kept but not enforced."),
    "unit_not_offered": _("The unit of the initial value is none of the units offered."),
    "missing_item": _(
        "It has the code of %(measure)s, but %(missing)s is missing: it gets no name, score or bands of it."
    ),
    "doubled_item": _(
        "It has the code of %(measure)s, but an item stands twice: it gets no name, score or bands of it."
    ),
    "weights_differ": _(
        "It has the code of %(measure)s, but its answers are weighted otherwise: it is not scored as one."
    ),
    "bounded": _("“%(name)s” goes further than Attune's forms do and was reduced to %(limit)s."),
    # responses
    "flat": _("Items stand flat that the form nests in groups; they were matched by linkId."),
    "nested": _("Items are nested otherwise than in the form; they were matched by linkId."),
    "unit_dropped": _("The form names no units, so the unit “%(name)s” of the answer is not kept."),
    "no_link": _("The answers name no form; they were matched because you named it."),
    "no_version": _("The answers name no version of the form."),
    "total_differs": _(
        "The file says a total of %(theirs)s. Attune computes %(ours)s from the answers, and keeps that."
    ),
    "total_not_used": _("A total of %(theirs)s in the file is not used: Attune computes no score for this form."),
    "calculated_dropped": _("A calculated value in the file is kept in the file and not used."),
    "safety": _("An answer asks for attention. It is marked as historical, from %(date)s."),
    "no_authored": _("The response does not say when it was written; today is taken."),
    "in_progress": _("The response is unfinished; questions may be missing."),
    "amended": _("The response has the status “%(name)s”."),
    "item_gone": _("The item is no longer part of the form."),
    "expression_gone": _("The expression named an item that is gone, so it was left out."),
    "extension_gone": _("The item was edited, so this was left out."),
    "condition_gone": _("FHIR cannot say this condition; it was left out."),
    "same_display": _("The words of an answer differ from the form's; its code counts."),
}

WORDS: Mapping[str, str | Promise] = {**REFUSALS, **NOTICES}
