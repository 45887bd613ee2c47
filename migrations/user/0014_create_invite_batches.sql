-- A list of people to invite, worked off by the job `invite_batch`. Cancelling and ending lock the row; whoever works on
-- one of its rows shares it, so that no row is worked on after the end.
create table invite_batches (
    tenant_id  uuid        not null default usher.current_tenant(),
    batch_id   uuid        not null,
    status     text        not null
        constraint invite_batches_status_check check (status in ('running', 'done', 'cancelled', 'failed')),
    rows       integer     not null constraint invite_batches_rows_check check (rows between 1 and 10000),
    -- Who asked, as audit rows name an actor: by their rights each row is measured when its turn comes.
    invited_by text        not null,
    created_at timestamptz not null,
    ended_at   timestamptz,
    -- How many rows came to which end, kept when the list ends; until then they are counted.
    created         integer not null default 0,
    already_invited integer not null default 0,
    already_member  integer not null default 0,
    refused         integer not null default 0,
    left_out        integer not null default 0,
    constraint invite_batches_pkey primary key (tenant_id, batch_id),
    constraint invite_batches_ended_at_check check ((ended_at is null) = (status = 'running'))
);
call usher.protect_tenant_table('invite_batches');

-- One row of a list: what was given, what is wished, and what became of it. Counts are taken from here.
create table invite_batch_rows (
    tenant_id uuid    not null default usher.current_tenant(),
    batch_id  uuid    not null,
    number    integer not null constraint invite_batch_rows_number_check check (number between 1 and 10000),
    -- As given, cut short and without control characters: a row that was refused shows what was wrong with it.
    email     text    not null constraint invite_batch_rows_email_check check (length(email) <= 254),
    name      text    not null constraint invite_batch_rows_name_check check (length(name) <= 120),
    -- The wish as it was understood; null for a row that was refused at once.
    wish      jsonb,
    outcome   text    not null constraint invite_batch_rows_outcome_check check (outcome in
        ('waiting', 'created', 'already_invited', 'already_member', 'refused', 'left_out')),
    field     text    not null default '',
    reason    text    not null default '',
    message   text    not null default '',
    invite_id uuid,
    constraint invite_batch_rows_pkey primary key (tenant_id, batch_id, number),
    constraint invite_batch_rows_batch_id_fkey foreign key (tenant_id, batch_id)
        references invite_batches (tenant_id, batch_id),
    constraint invite_batch_rows_invite_id_fkey foreign key (tenant_id, invite_id)
        references invites (tenant_id, invite_id),
    constraint invite_batch_rows_wish_check check (outcome = 'refused' or wish is not null)
);
-- What waits, what is counted, and pages of one outcome.
create index invite_batch_rows_outcome_index on invite_batch_rows (tenant_id, batch_id, outcome, number);
call usher.protect_tenant_table('invite_batch_rows');
