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
            13 => $function::<$($generic,)* 13>($($argument),*),
            14 => $function::<$($generic,)* 14>($($argument),*),
            15 => $function::<$($generic,)* 15>($($argument),*),
            16 => $function::<$($generic,)* 16>($($argument),*),
            17 => $function::<$($generic,)* 17>($($argument),*),
            18 => $function::<$($generic,)* 18>($($argument),*),
            19 => $function::<$($generic,)* 19>($($argument),*),
            20 => $function::<$($generic,)* 20>($($argument),*),
            21 => $function::<$($generic,)* 21>($($argument),*),
            22 => $function::<$($generic,)* 22>($($argument),*),
            23 => $function::<$($generic,)* 23>($($argument),*),
            24 => $function::<$($generic,)* 24>($($argument),*),
            25 => $function::<$($generic,)* 25>($($argument),*),
            26 => $function::<$($generic,)* 26>($($argument),*),
            27 => $function::<$($generic,)* 27>($($argument),*),
            28 => $function::<$($generic,)* 28>($($argument),*),
            _ => $function::<$($generic,)* 0>($($argument),*),
        }
    };
}

pub(super) use by_length;
