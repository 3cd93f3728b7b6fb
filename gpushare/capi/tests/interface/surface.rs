//! Reads what the package exports from its sources.

use std::fs;
use std::path::{Path, PathBuf};

use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Block, Expr, ExprLit, GenericArgument, Ident, Item, Lit, Meta, PathArguments, Token, Type};

/// Everything that the header shows, in the order of the modules.
#[derive(Default)]
pub(crate) struct Surface {
    pub(crate) constants: Vec<syn::ItemConst>,
    pub(crate) structs: Vec<syn::ItemStruct>,
    pub(crate) opaque: Vec<Opaque>,
    pub(crate) callbacks: Vec<syn::ItemType>,
    pub(crate) functions: Vec<Function>,
}

/// A type of which C has pointers alone.
pub(crate) struct Opaque {
    pub(crate) name: Ident,
    docs: Vec<Attribute>,
}

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) arguments: Vec<(String, Type)>,
    /// What it returns; `None` where it can fail.
    pub(crate) result: Option<Type>,
}

struct Exports(Vec<Function>);

impl Parse for Exports {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut functions = Vec::new();
        while !input.is_empty() {
            let attributes = input.call(Attribute::parse_outer)?;
            input.parse::<Token![fn]>()?;
            let name: Ident = input.parse()?;
            let inside;
            syn::parenthesized!(inside in input);
            let parse = |input: ParseStream<'_>| {
                let name: Ident = input.parse()?;
                input.parse::<Token![:]>()?;
                Ok((name.to_string(), input.parse()?))
            };
            let arguments = inside.parse_terminated(parse, Token![,])?.into_iter().collect();
            let result = input.parse::<Option<Token![->]>>()?.map(|_| input.parse()).transpose()?;
            input.parse::<Block>()?;
            functions.push(Function { name: name.to_string(), attributes, arguments, result });
        }
        Ok(Self(functions))
    }
}

pub(crate) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn root() -> PathBuf {
    package().join("../..")
}

/// The text of `name = "text"`.
pub(crate) fn string(meta: &Meta, name: &str) -> Option<String> {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident(name) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The lines of documentation of an item.
fn docs(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    attributes.iter().filter_map(|attribute| string(&attribute.meta, "doc"))
}

fn is_c(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.to_token_stream().to_string().replace(' ', "") == "#[repr(C)]")
}

/// The argument of a type such as `In<T>`, and the name before it.
pub(crate) fn generic(ty: &Type) -> Option<(String, &Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some((last.ident.to_string(), inner)),
        _ => None,
    }
}

/// The type of an argument in C, in Rust's words.
pub(crate) fn raw(ty: &Type) -> Type {
    let text = ty.to_token_stream().to_string().replace(' ', "");
    let tokens = match (text.as_str(), generic(ty)) {
        ("Text" | "Option<Text>", _) => quote!(*const c_char),
        ("OwnText", _) => quote!(*mut c_char),
        (_, Some((kind, inner))) if kind == "Option" => return raw(inner),
        (_, Some((kind, inner))) if kind == "In" || kind == "Given" => quote!(*const #inner),
        (_, Some((_, inner))) => quote!(*mut #inner),
        _ => quote!(#ty),
    };
    syn::parse2(tokens).expect("a type")
}

impl Surface {
    pub(crate) fn read() -> Self {
        let mut surface = Self::default();
        let main = syn::parse_file(&source("lib")).expect("lib.rs is Rust");
        for item in main.items {
            match item {
                Item::Mod(module) if module.content.is_none() => surface.add(&source(&module.ident.to_string())),
                _ => {}
            }
        }
        surface
    }

    fn add(&mut self, source: &str) {
        for item in syn::parse_file(source).expect("a module is Rust").items {
            match item {
                Item::Macro(call) if call.mac.path.is_ident("exports") => {
                    self.functions.extend(call.mac.parse_body::<Exports>().expect("exports").0);
                }
                Item::Const(item) if item.ident.to_string().starts_with("GPUSHARE_") => {
                    self.constants.push(item);
                }
                Item::Struct(item) if item.ident.to_string().starts_with("gpushare_") => match is_c(&item.attrs) {
                    true => self.structs.push(item),
                    false => self.opaque.push(Opaque { name: item.ident, docs: item.attrs }),
                },
                Item::Type(item) if item.ident.to_string().starts_with("gpushare_") => match generic(&item.ty) {
                    Some((kind, _)) if kind == "List" => {
                        self.opaque.push(Opaque { name: item.ident, docs: item.attrs });
                    }
                    _ => self.callbacks.push(item),
                },
                _ => {}
            }
        }
    }

    /// The surface as cbindgen reads it: plain items, with the types that C sees.
    pub(crate) fn plain(&self) -> String {
        let (constants, structs, callbacks) = (&self.constants, &self.structs, &self.callbacks);
        let opaque = self.opaque.iter().map(|opaque| {
            let (name, docs) = (&opaque.name, opaque.docs.iter().filter(|attribute| attribute.path().is_ident("doc")));
            quote!(#(#docs)* pub struct #name { private: u8 })
        });
        let functions = self.functions.iter().map(|function| {
            let (docs, name) = (docs(&function.attributes), ident(&function.name));
            let (names, types) = (
                function.arguments.iter().map(|(name, _)| ident(name)),
                function.arguments.iter().map(|(_, ty)| raw(ty)),
            );
            let (error, result) = match &function.result {
                None => (quote!(error: *mut *mut gpushare_error_t), quote!(-> gpushare_status_t)),
                Some(Type::Tuple(_)) => (quote!(), quote!()),
                Some(ty) => (quote!(), quote!(-> #ty)),
            };
            quote!(#(#[doc = #docs])* #[unsafe(no_mangle)] pub extern "C" fn #name(#(#names: #types,)* #error) #result {})
        });
        quote!(#(#constants)* #(#callbacks)* #(#opaque)* #(#structs)* #(#functions)*).to_string()
    }

    /// The structs that begin with their size.
    pub(crate) fn growing(&self) -> impl Iterator<Item = &syn::ItemStruct> {
        self.structs.iter().filter(|item| {
            let first = item.fields.iter().next().and_then(|field| field.ident.as_ref());
            first.is_some_and(|name| name == "struct_size")
        })
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, proc_macro2::Span::call_site())
}

fn source(module: &str) -> String {
    let path = package().join("src").join(module).with_extension("rs");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares a generated file with the committed one, or writes it where `GPUSHARE_BLESS` is set.
pub(crate) fn is_current(path: &Path, generated: &str) {
    if std::env::var_os("GPUSHARE_BLESS").is_some() {
        fs::write(path, generated).expect("the file can be written");
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    let differs = committed.lines().zip(generated.lines()).position(|(one, other)| one != other);
    assert!(
        committed == generated,
        "{} is not what the sources give, from line {} on; GPUSHARE_BLESS=1 writes it anew",
        path.display(),
        differs.map_or(committed.lines().count(), |line| line) + 1
    );
}
