"""The tenant's own pages."""

from django.urls import path

from practice.leaving import leave
from practice.views import delivery, demo_mail, duty, home, hooks, joining, second_person, settings, sign_up, text_hooks

urlpatterns = [
    path("", home.home, name="home"),
    path("choose/", home.choose, name="choose"),
    path("leave/", leave, name="leave"),
    path("sign-up/", sign_up.sign_up, name="sign_up"),
    path("join/team/<str:ticket>/", joining.join_team, name="join_team"),
    path("desk/account/", settings.account, name="account"),
    path("desk/practice/", settings.practice_settings, name="practice_settings"),
    path("desk/practice/duty/", duty.duty, name="duty"),
    path("desk/practice/second/", second_person.second_person, name="second_person"),
    path("desk/practice/second/<uuid:pk>/", second_person.second_person_act, name="second_person_act"),
    path("desk/practice/invite/", settings.invite_staff, name="staff_invite"),
    path(
        "desk/practice/invitations/<uuid:pk>/resend/",
        settings.staff_invitation,
        {"act": "resend"},
        name="staff_invitation_resend",
    ),
    path(
        "desk/practice/invitations/<uuid:pk>/withdraw/",
        settings.staff_invitation,
        {"act": "withdraw"},
        name="staff_invitation_withdraw",
    ),
    path("desk/practice/team/<uuid:pk>/role/", settings.member, {"act": "role"}, name="member_role"),
    path("desk/practice/team/<uuid:pk>/end/", settings.member, {"act": "end"}, name="member_end"),
    path("desk/practice/delivery/", delivery.delivery, name="delivery"),
    path("desk/practice/delivery/server/", delivery.delivery_new, {"kind": "smtp"}, name="delivery_new_server"),
    path("desk/practice/delivery/service/", delivery.delivery_new, {"kind": "service"}, name="delivery_new_service"),
    path("desk/practice/delivery/gateway/", delivery.delivery_new, {"kind": "gateway"}, name="delivery_new_gateway"),
    path("desk/practice/delivery/<uuid:pk>/", delivery.delivery_edit, name="delivery_edit"),
    path("desk/practice/delivery/<uuid:pk>/hook/", delivery.delivery_hook, name="delivery_hook"),
    path("desk/practice/delivery/<uuid:pk>/first/", delivery.delivery_act, {"act": "first"}, name="delivery_first"),
    path("desk/practice/delivery/<uuid:pk>/end/", delivery.delivery_act, {"act": "end"}, name="delivery_end"),
    path("desk/practice/delivery/try/<str:key>/", delivery.delivery_try, name="delivery_try"),
    path("hooks/mail/", hooks.mail, name="mail_hook"),
    path("hooks/mail/<uuid:provider_id>/", hooks.mail, name="mail_hook_own"),
    path("hooks/texts/", text_hooks.texts_came, name="texts_came"),
    path("hooks/texts/<uuid:provider_id>/", text_hooks.texts_came, name="texts_came_of"),
    path("demo/mail/", demo_mail.demo_mail, name="demo_mail"),
    path("demo/mail/<str:pk>/", demo_mail.demo_mail, name="demo_mail_one"),
    path("demo/mail/<str:pk>/html/", demo_mail.demo_mail_html, name="demo_mail_html"),
    path("demo/texts/<str:pk>/answer/", demo_mail.demo_text_answer, name="demo_text_answer"),
]
