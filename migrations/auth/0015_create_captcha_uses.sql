-- Proofs that were given already, so that none counts twice in any process. Proofs belong to no tenant: who gives one is
-- nobody yet. Digests alone: a proof is not kept.
create table captcha_uses (
    digest     bytea       not null constraint captcha_uses_digest_check check (length(digest) = 32),
    -- After this the proof itself is too old to count.
    expires_at timestamptz not null,
    constraint captcha_uses_pkey primary key (digest)
);
create index captcha_uses_expires_at_index on captcha_uses (expires_at);
