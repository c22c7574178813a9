/// Calls a generic function with the row length as its last constant, so that loops over short rows have no branches; 0
/// stands for any other length.
macro_rules! by_length {
    ($length:expr, $function:ident::<$($generic:ty),*>($($argument:expr),* $(,)?)) => {
        match $length {
            1 => $function::<$($generic,)* 1>($($argument),*),
            2 => $function::<$($generic,)* 2>($($argument),*),
            3 => $function::<$($generic,)* 3>($($argument),*),
            4 => $function::<$($generic,)* 4>($($argument),*),
            5 => $function::<$($generic,)* 5>($($argument),*),
            6 => $function::<$($generic,)* 6>($($argument),*),
            7 => $function::<$($generic,)* 7>($($argument),*),
            8 => $function::<$($generic,)* 8>($($argument),*),
            9 => $function::<$($generic,)* 9>($($argument),*),
            10 => $function::<$($generic,)* 10>($($argument),*),
            11 => $function::<$($generic,)* 11>($($argument),*),
            12 => $function::<$($generic,)* 12>($($argument),*),
            _ => $function::<$($generic,)* 0>($($argument),*),
        }
    };
}

pub(super) use by_length;
