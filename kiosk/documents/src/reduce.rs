//! Rows of samples made smaller: `n × n` become one.

use multiversion::multiversion;

/// Adds a row to the sums of its columns.
#[multiversion(targets("x86_64+avx2"))]
pub(crate) fn add(sums: &mut [u16], row: &[u8]) {
    for (sum, &grey) in sums.iter_mut().zip(row) {
        *sum += u16::from(grey);
    }
}

/// The means of `n` columns of sums of `n` rows, without their fractions.
#[multiversion(targets("x86_64+avx2"))]
pub(crate) fn means(sums: &[u16], means: &mut [u8], n: usize) {
    match n {
        2 => reduce::<2>(sums, means),
        3 => reduce::<3>(sums, means),
        4 => reduce::<4>(sums, means),
        8 => reduce::<8>(sums, means),
        other => reduce_by(sums, means, other),
    }
}

#[inline(always)]
fn reduce<const N: usize>(sums: &[u16], means: &mut [u8]) {
    for (mean, columns) in means.iter_mut().zip(sums.as_chunks::<N>().0) {
        *mean = (columns.iter().map(|&sum| u32::from(sum)).sum::<u32>() / (N * N) as u32) as u8;
    }
}

fn reduce_by(sums: &[u16], means: &mut [u8], n: usize) {
    for (mean, columns) in means.iter_mut().zip(sums.chunks_exact(n)) {
        *mean = (columns.iter().map(|&sum| usize::from(sum)).sum::<usize>() / (n * n)) as u8;
    }
}
