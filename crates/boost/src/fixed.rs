//! Fixed point: sums of gradients as integers, which no order of addition can change.

use wide::i64x2;

/// The gradient and the hessian of a row, or their sum over rows, in units of their [`Scale`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub(crate) struct Pair {
    pub(crate) gradient: i64,
    /// At least 1 for each row that takes part, so that 0 means that no row does.
    pub(crate) hessian: i64,
}

impl Pair {
    #[inline]
    pub(crate) fn add(self, other: Self) -> Self {
        Self { gradient: self.gradient.wrapping_add(other.gradient), hessian: self.hessian.wrapping_add(other.hessian) }
    }

    /// [`add`](Self::add) in one vector instruction: faster where sums lie in memory. Compilers take two others for it.
    #[inline]
    pub(crate) fn add_as_vector(self, other: Self) -> Self {
        let sum = i64x2::new([self.gradient, self.hessian]) + i64x2::new([other.gradient, other.hessian]);
        let [gradient, hessian] = sum.to_array();
        Self { gradient, hessian }
    }

    #[inline]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self { gradient: self.gradient.wrapping_sub(other.gradient), hessian: self.hessian.wrapping_sub(other.hessian) }
    }
}

/// Bits that the sum of all gradients may take.
const GRADIENT_BITS: i32 = 60;
/// Bits that the sum of all hessians may take: each sum is an exact `f64`.
const HESSIAN_BITS: i32 = 52;

/// Units a one, a power of two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    units: f64,
    one: f64,
}

impl Scale {
    /// Whole numbers as they are.
    pub(crate) const ONE: Self = Self { units: 1.0, one: 1.0 };

    /// The finest scale at which sums of gradients up to `bound` (at least 0) fit.
    pub(crate) fn for_gradients(bound: f64) -> Self {
        Self::for_bits(bound, GRADIENT_BITS)
    }

    /// The finest scale at which sums of hessians up to `bound` (at least 0) are exact.
    pub(crate) fn for_hessians(bound: f64) -> Self {
        Self::for_bits(bound, HESSIAN_BITS)
    }

    fn for_bits(bound: f64, bits: i32) -> Self {
        // The exponent of the next power of two above the bound, from its bits: no logarithm that could differ by system.
        let exponent = if bound > 0.0 { (bound.to_bits() >> 52) as i32 - 1022 } else { 0 };
        let power = (bits - exponent).clamp(-900, 900);
        Self { units: power_of_two(power), one: power_of_two(-power) }
    }

    /// A number in whole units, cut off.
    #[inline]
    pub(crate) fn fix(self, number: f64) -> i64 {
        (number * self.units) as i64
    }

    /// Units as a number.
    #[inline]
    pub(crate) fn float(self, units: i64) -> f64 {
        units as f64 * self.one
    }

    /// How many units a one has.
    pub(crate) fn units(self) -> f64 {
        self.units
    }
}

/// 2 to a power from -1022 to 1023.
fn power_of_two(power: i32) -> f64 {
    f64::from_bits(((power + 1023) as u64) << 52)
}
