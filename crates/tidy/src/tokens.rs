//! A file as a flat list of tokens: comments and documentation are gone, lines are kept, macros are open.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One token of a source file; a group is its opening mark, its content, its closing mark.
#[derive(Clone, Debug)]
pub struct Token {
    /// As written.
    pub text: String,
    /// The value, when it is a string literal.
    pub string: Option<String>,
    /// Its first line.
    pub line: usize,
    /// Its last line.
    pub end: usize,
    /// Whether it stands in the body of a `loop` or `while`.
    pub looped: bool,
}

/// The tokens of a stream, in the order of the file.
pub(crate) fn flatten(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    walk(stream, false, &mut tokens);
    tokens
}

fn walk(stream: TokenStream, looped: bool, into: &mut Vec<Token>) {
    let mut turning = false;
    for tree in stream {
        match tree {
            TokenTree::Group(group) if is_documentation(&group) => forget_hash(into),
            TokenTree::Group(group) => {
                let body = group.delimiter() == Delimiter::Brace;
                open(&group, looped || (body && turning), into);
                turning &= !body;
            }
            TokenTree::Literal(literal) => {
                let string = syn::parse_str::<syn::LitStr>(&literal.to_string());
                let span = literal.span();
                let mut token = mark(literal.to_string(), span, looped);
                token.string = string.ok().map(|literal| literal.value());
                into.push(token);
            }
            TokenTree::Ident(ident) => {
                turning |= ident == "loop" || ident == "while";
                into.push(mark(ident.to_string(), ident.span(), looped));
            }
            TokenTree::Punct(punct) => {
                turning &= punct.as_char() != ';';
                into.push(mark(punct.as_char().into(), punct.span(), looped));
            }
        }
    }
}

fn open(group: &Group, looped: bool, into: &mut Vec<Token>) {
    let (left, right) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => return walk(group.stream(), looped, into),
    };
    into.push(mark(left.into(), group.span_open(), looped));
    walk(group.stream(), looped, into);
    into.push(mark(right.into(), group.span_close(), looped));
}

fn mark(text: String, span: proc_macro2::Span, looped: bool) -> Token {
    Token { text, string: None, line: span.start().line, end: span.end().line, looped }
}

/// A `///` comment arrives as `#[doc = "…"]`, a `//!` one as `#![doc = "…"]`.
fn is_documentation(group: &Group) -> bool {
    let mut content = group.stream().into_iter();
    let first = content.next();
    let second = content.next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
        && matches!(second, Some(TokenTree::Punct(punct)) if punct.as_char() == '=')
}

fn forget_hash(into: &mut Vec<Token>) {
    into.pop_if(|token| token.text == "!");
    into.pop_if(|token| token.text == "#");
}
