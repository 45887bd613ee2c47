//! One Rust file: its tokens, its functions and types, and which of its lines are test code.

use std::{collections::BTreeSet, ops::RangeInclusive};

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use syn::{Attribute, Ident, spanned::Spanned, visit::Visit};

use crate::tokens::{Token, flatten};

/// A named item and where it stands.
#[derive(Clone, Debug)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its line.
    pub line: usize,
}

/// A function, free or of a type.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name.
    pub name: String,
    /// From its signature to its closing brace.
    pub lines: RangeInclusive<usize>,
    /// Whether it is a test.
    pub is_test: bool,
}

/// One Rust file.
#[derive(Clone, Debug)]
pub struct Source {
    /// From the root of the repository: `crates/<crate>/…`.
    pub path: String,
    /// The file as it is.
    pub text: String,
    /// Without comments and documentation.
    pub tokens: Vec<Token>,
    /// Every function with a name.
    pub functions: Vec<Function>,
    /// Structs, enums, unions, traits and aliases.
    pub types: Vec<Named>,
    /// Modules it declares.
    pub modules: Vec<Named>,
    tests: Vec<RangeInclusive<usize>>,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it is not Rust.
    pub fn parse(path: &str, text: &str) -> Result<Self> {
        let stream: TokenStream =
            text.parse().map_err(|problem| anyhow::anyhow!("{path}: {problem}"))?;
        let file: syn::File = syn::parse2(stream.clone()).with_context(|| path.to_owned())?;
        let mut found = Found::default();
        found.visit_file(&file);
        Ok(Self {
            path: path.into(),
            text: text.into(),
            tokens: flatten(stream),
            functions: found.functions,
            types: found.types,
            modules: found.modules,
            tests: found.tests,
        })
    }

    /// The crate it belongs to.
    #[must_use]
    pub fn krate(&self) -> &str {
        self.path.split('/').nth(1).unwrap_or_default()
    }

    /// The path inside the crate: `src/domain/invite.rs`.
    #[must_use]
    pub fn inside(&self) -> &str {
        self.path.splitn(3, '/').nth(2).unwrap_or_default()
    }

    /// The name of the file without its ending.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".rs").unwrap_or(name)
    }

    /// Whether the whole file serves tests.
    #[must_use]
    pub fn is_test_file(&self) -> bool {
        self.inside().starts_with("tests/")
    }

    /// Whether a line is test code: the whole file is, or it stands under `cfg(test)` or in a test.
    #[must_use]
    pub fn is_test(&self, line: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|lines| lines.contains(&line))
    }

    /// How many lines of a range hold code: blank lines, comments and documentation do not count.
    #[must_use]
    pub fn code_lines(&self, lines: &RangeInclusive<usize>) -> usize {
        let held: BTreeSet<_> =
            self.tokens.iter().flat_map(|token| token.line..=token.end).collect();
        held.range(lines.clone()).count()
    }

    /// Where a piece of code stands, written as code: `thread::sleep`, `println!`, `#[allow(`. Spaces do not matter.
    #[must_use]
    pub fn find(&self, code: &str) -> Vec<&Token> {
        self.places(code).into_iter().map(|at| &self.tokens[at]).collect()
    }

    /// The same as places in [`Source::tokens`].
    #[must_use]
    pub fn places(&self, code: &str) -> Vec<usize> {
        let pattern = marks(code);
        let same =
            |window: &[Token]| window.iter().zip(&pattern).all(|(token, mark)| token.text == *mark);
        let windows = self.tokens.windows(pattern.len().max(1)).enumerate();
        windows.filter(|(_, window)| same(window)).map(|(at, _)| at).collect()
    }
}

/// The words and marks of a piece of code, which need not be closed.
fn marks(code: &str) -> Vec<&str> {
    let mut marks = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (mark, next) =
            rest.split_at(word.max(if is_word(first) { 1 } else { first.len_utf8() }));
        marks.push(mark);
        rest = next.trim_start();
    }
    marks
}

#[derive(Default)]
struct Found {
    functions: Vec<Function>,
    types: Vec<Named>,
    modules: Vec<Named>,
    tests: Vec<RangeInclusive<usize>>,
}

impl Found {
    fn function(&mut self, attrs: &[Attribute], name: &Ident, from: usize, to: usize) {
        let is_test = attrs.iter().any(is_test);
        self.note_test(attrs, from, to);
        self.functions.push(Function { name: name.to_string(), lines: from..=to, is_test });
    }

    fn note_test(&mut self, attrs: &[Attribute], from: usize, to: usize) {
        if attrs.iter().any(|attr| is_test(attr) || is_cfg_test(attr)) {
            self.tests.push(from..=to);
        }
    }

    fn named(name: &Ident) -> Named {
        Named { name: name.to_string(), line: name.span().start().line }
    }
}

/// `#[test]`, `#[tokio::test]`.
fn is_test(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == "test")
}

fn is_cfg_test(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
        && attr.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
}

impl<'a> Visit<'a> for Found {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        let (from, to) = (item.sig.span().start().line, item.span().end().line);
        self.function(&item.attrs, &item.sig.ident, from, to);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        let (from, to) = (item.sig.span().start().line, item.span().end().line);
        self.function(&item.attrs, &item.sig.ident, from, to);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        let (from, to) = (item.sig.span().start().line, item.span().end().line);
        self.function(&item.attrs, &item.sig.ident, from, to);
        syn::visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.note_test(&item.attrs, item.span().start().line, item.span().end().line);
        self.modules.push(Self::named(&item.ident));
        syn::visit::visit_item_mod(self, item);
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        self.note_test(&item.attrs, item.span().start().line, item.span().end().line);
        syn::visit::visit_item_impl(self, item);
    }

    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.types.push(Self::named(&item.ident));
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        self.types.push(Self::named(&item.ident));
    }

    fn visit_item_union(&mut self, item: &'a syn::ItemUnion) {
        self.types.push(Self::named(&item.ident));
    }

    fn visit_item_type(&mut self, item: &'a syn::ItemType) {
        self.types.push(Self::named(&item.ident));
    }

    fn visit_item_trait(&mut self, item: &'a syn::ItemTrait) {
        self.types.push(Self::named(&item.ident));
        syn::visit::visit_item_trait(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "//! Owns a thing.\n\n/// Says.\nfn say() {\n    // why\n    println!(\"a\n b\");\n}\n\n#[cfg(test)]\nmod tests {\n    fn look() {\n        loop { sleep(); }\n        sleep();\n    }\n}\n";

    #[test]
    fn comments_do_not_count_and_lines_are_kept() -> Result<()> {
        let source = Source::parse("crates/a/src/b.rs", TEXT)?;
        assert_eq!((source.krate(), source.inside(), source.stem()), ("a", "src/b.rs", "b"));
        let say = &source.functions[0];
        assert_eq!((say.name.as_str(), say.lines.clone()), ("say", 4..=8));
        assert_eq!(source.code_lines(&say.lines), 4);
        assert_eq!(source.find("println!")[0].line, 6);
        Ok(())
    }

    #[test]
    fn code_of_tests_and_loops_is_known() -> Result<()> {
        let source = Source::parse("crates/a/src/b.rs", TEXT)?;
        assert!(source.is_test(13) && !source.is_test(6));
        let sleeps: Vec<_> = source.find("sleep").iter().map(|token| token.looped).collect();
        assert_eq!(sleeps, [true, false]);
        Ok(())
    }
}
