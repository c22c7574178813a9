/** `$1.24`; amounts below a dollar with two digits that count. */
export function inDollars(amount: number): string {
  if (amount === 0 || amount >= 0.995) return `$${amount.toFixed(2)}`;
  const digits = Math.max(2, 1 - Math.floor(Math.log10(amount)));
  return `$${amount.toFixed(digits)}`;
}
