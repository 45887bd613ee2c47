-- Letters about another address: one to the old, one to the new.
alter table messages drop constraint messages_template_check;
alter table messages add constraint messages_template_check
    check (template in ('invitation', 'email_change_old', 'email_change_new'));
alter table messages drop constraint messages_subject_kind_check;
alter table messages add constraint messages_subject_kind_check check (subject_kind in ('invite', 'email_change'));
