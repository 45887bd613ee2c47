-- The names of the workspaces that a person chose a password beside: no later password of theirs leans on one either.
create table place_words (
    user_id uuid not null,
    word    text not null constraint place_words_word_check check (length(word) between 1 and 200),
    constraint place_words_pkey primary key (user_id, word)
);
