// What is wrong with the page as it stands before somebody, as a list of words.
// Contrast and targets are those of WCAG 2.2, 1.4.3 and 2.5.8.
() => {
  const faults = [];
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const named = (one) => `<${one.tagName.toLowerCase()} ${one.id || one.className || one.name || ""}>`;

  if (document.querySelectorAll("h1").length !== 1) faults.push("not one main heading");
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title.includes(" · Sealed Book")) faults.push("no title of its own");
  if (!document.querySelector("main#main")) faults.push("nothing to skip to");
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
    const wide = [...document.querySelectorAll("body *")].filter(
      (one) => shown(one) && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1,
    );
    faults.push(`scrolls sideways: ${wide.slice(0, 3).map(named).join(" ")}`);
  }
  for (const one of innerWidth < 1280 ? [] : document.querySelectorAll(".scroll")) {
    // A table may scroll in a box of its own, but not in the window that most people have.
    if (one.scrollWidth > one.clientWidth) faults.push(`a table is ${one.scrollWidth - one.clientWidth} too wide`);
  }

  for (const one of document.querySelectorAll("input, select, textarea")) {
    const isNamed = one.labels?.length || one.getAttribute("aria-label");
    if (one.type !== "hidden" && !isNamed) faults.push(`${named(one)} has no label`);
  }
  for (const one of document.querySelectorAll("button, a.button, input, select, textarea, summary")) {
    const box = one.getBoundingClientRect();
    if (one.type === "hidden" || !shown(one) || box.width === 0) continue;
    if (box.width < 24 || box.height < 24) faults.push(`${named(one)} is ${box.width} by ${box.height}`);
  }
  for (const one of document.querySelectorAll("select, textarea, input:not([type=radio], [type=checkbox])")) {
    const width = one.getBoundingClientRect().width;
    if (one.type !== "hidden" && shown(one) && width < 128) faults.push(`${named(one)} is squeezed to ${width}`);
  }

  const channels = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([red, green, blue]) => {
    const part = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const [red, green, blue, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  for (const one of document.querySelectorAll("body *")) {
    const speaks = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!speaks || !shown(one) || one.closest(".unseen, .skip")) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(channels(style.color)), light(ground(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faults.push(`${named(one)} has a contrast of ${ratio.toFixed(2)}`);
  }
  return faults;
}
