//! Tables over the variants of an enum: a total function and the list of everything that it can say.

/// Defines a method that says something constant of each variant, and a constant with all that it says. A variant without a line
/// does not compile: so no permission is forgotten.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident, $all:ident: $kind:ty => $said:ty {
        $($pattern:pat $(if $guard:expr)? => $value:expr,)*
    }) => {
        impl $kind {
            $(#[$doc])*
            pub fn $name(&self) -> $said {
                match self {
                    $($pattern $(if $guard)? => const { $value },)*
                }
            }
        }

        /// Everything that the table says, once for each of its lines.
        pub(in crate::aws) const $all: &[$said] = &[$($value),*];
    };
}

pub(super) use table;
