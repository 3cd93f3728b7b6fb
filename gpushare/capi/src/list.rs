//! Lists: things in an order, which are the list's.

/// Things in an order.
pub struct List<T>(Box<[T]>);

impl<T> List<T> {
    /// The thing at an index; NULL beyond the last.
    pub(crate) fn at(&self, index: usize) -> *const T {
        self.0.get(index).map_or(std::ptr::null(), std::ptr::from_ref)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T, F: Into<T>> FromIterator<F> for List<T> {
    fn from_iter<I: IntoIterator<Item = F>>(things: I) -> Self {
        Self(things.into_iter().map(Into::into).collect())
    }
}

/// A handle of a clone, which is the caller's.
pub(crate) fn cloned<T: Clone>(handle: &T) -> *mut T {
    Box::into_raw(Box::new(handle.clone()))
}
