-- What people say of themselves, checked by the code.
alter table users
    add column locale     text constraint users_locale_check check (length(locale) <= 35),
    add column time_zone  text constraint users_time_zone_check check (length(time_zone) <= 64),
    add column avatar_url text constraint users_avatar_url_check
        check (avatar_url like 'https://%' and length(avatar_url) <= 2048);

-- What members are found by: the address and the words of the name in lower case, bytewise ordered, so that a beginning
-- is a range of the key.
create table member_words (
    tenant_id uuid             not null,
    word      text collate "C" not null constraint member_words_word_check check (length(word) between 1 and 254),
    user_id   uuid             not null,
    constraint member_words_pkey primary key (tenant_id, word, user_id),
    constraint member_words_user_id_fkey foreign key (tenant_id, user_id) references memberships (tenant_id, user_id)
);
create index member_words_tenant_id_user_id_index on member_words (tenant_id, user_id, word);
call usher.protect_tenant_table('member_words');

-- Those who came before: for this one statement the owner sees all rows.
alter table memberships no force row level security;
alter table accounts no force row level security;
alter table member_words no force row level security;
insert into member_words (tenant_id, word, user_id)
select distinct m.tenant_id, found.word, m.user_id
from memberships m
join users u using (user_id)
left join accounts a using (tenant_id, user_id)
cross join lateral (
    select lower(u.email) as word
    union all
    select regexp_split_to_table(lower(coalesce(a.name, u.name)), '\s+')) as found
where found.word <> '';
alter table memberships force row level security;
alter table accounts force row level security;
alter table member_words force row level security;
