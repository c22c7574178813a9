// @ts-nocheck: this runs inside of the page, and the program must not know the page's globals.
/** Functions that run inside of the page: they must not use anything from outside of themselves. */

/** Opens all folded parts. */
export function unfold() {
  for (const folded of document.querySelectorAll('details')) folded.open = true;
}

/** What has the focus, and whether it is on the screen with a line around it. */
export function focused() {
  const element = document.activeElement;
  const isSeen = element.getBoundingClientRect().left >= 0 && getComputedStyle(element).outlineStyle === 'solid';
  return { id: element.id, tag: element.tagName, className: element.className, isSeen };
}

/** The colour of the text. */
export function ink() {
  return getComputedStyle(document.body).color;
}

/** Texts that are cut off: beside the screen, outside of their drawing, inside a box that is too small, or by the plotting library. */
export function cutOff() {
  const found = [];
  const name = (element) => `${element.tagName} ${element.className} "${(element.textContent ?? '').slice(0, 40)}"`;
  const isShown = (element) => element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
  if (document.documentElement.scrollWidth > innerWidth)
    found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll('body *')) {
    if (!isShown(element) || element.closest('.skip, thead')) continue;
    const isDrawn = element instanceof SVGElement;
    if (
      !isDrawn &&
      element.scrollWidth > element.clientWidth + 1 &&
      getComputedStyle(element).overflowX !== 'visible'
    ) {
      found.push(`box too small: ${name(element)}`);
    }
    const hasText = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
    );
    if (!hasText) continue;
    const range = document.createRange();
    range.selectNodeContents(element);
    for (const { left, right, top, bottom } of range.getClientRects()) {
      if (left < -1 || right > innerWidth + 1) found.push(`beside the screen: ${name(element)}`);
      const drawing = isDrawn ? element.closest('svg')?.getBoundingClientRect() : undefined;
      if (
        drawing &&
        (left < drawing.left - 1 || right > drawing.right + 1 || top < drawing.top - 1 || bottom > drawing.bottom + 1)
      ) {
        found.push(`outside of its drawing: ${name(element)}`);
      }
    }
  }
  for (const text of document.querySelectorAll('.role-axis-title text')) {
    if (text.textContent?.endsWith('…')) found.push(`cut by the plot: ${name(text)}`);
  }
  return found;
}

/** Texts of one drawing that lie over each other. */
export function overlapping() {
  const found = [];
  for (const drawing of document.querySelectorAll('figure svg')) {
    if (!drawing.checkVisibility()) continue;
    const texts = [...drawing.querySelectorAll('text')].filter(
      (text) => text.textContent !== '' && getComputedStyle(text).opacity !== '0',
    );
    const isLevel = (text) => !/rotate/.test(text.getAttribute('transform') ?? '');
    const boxes = texts.filter(isLevel).map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
    boxes.forEach((one, index) => {
      for (const other of boxes.slice(index + 1)) {
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (across > 1 && down > 3) found.push(`${one.text} and ${other.text}`);
      }
    });
  }
  return found;
}

/** Texts whose contrast with what is behind them is too low (WCAG AA). */
export function pale() {
  const parse = (color) => {
    const parts = color.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0, parts[3] ?? 1];
  };
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color[3] > 0) return color;
    }
    return [255, 255, 255, 1];
  };
  const found = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].filter(
      (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
    );
    if (own.length === 0 || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const text = luminance(parse(element instanceof SVGElement ? style.fill : style.color));
    const back = luminance(behind(element));
    const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    if (contrast < 4.5)
      found.add(
        `${contrast.toFixed(1)}: ${element.tagName} ${element.getAttribute('class')} "${element.textContent?.slice(0, 30)}"`,
      );
  }
  return [...found];
}
