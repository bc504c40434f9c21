"""What keeps people from using a page, as a browser has laid it out: names, headings, contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The ratios are those that WCAG 2.2 asks of text at level AA.
_AUDIT = """() => {
  const faults = [];
  const said = (element) => `${element.tagName} ${(element.id || element.textContent).trim().slice(0, 30)}`;
  const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects()[0];
  if (!document.documentElement.lang) faults.push("the page does not say its language");
  if (!document.title) faults.push("the page has no title");
  if (document.querySelectorAll("main").length !== 1) faults.push("expected one main part");
  if (document.querySelectorAll("h1").length !== 1) faults.push("expected one first heading");
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    if (Number(heading.tagName[1]) > level + 1) faults.push(`${said(heading)}: a level of headings is left out`);
    level = Number(heading.tagName[1]);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`two are called ${id}`);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length && !field.ariaLabel) faults.push(`${field.name}: a field has no label`);
  for (const link of document.querySelectorAll("a, button, summary"))
    if (!(link.textContent.trim() || link.ariaLabel)) faults.push(`${said(link)}: it has no name`);
  for (const cell of document.querySelectorAll("th"))
    if (!cell.scope || !cell.textContent.trim()) faults.push(`${said(cell)}: it does not say what it is the head of`);
  const channels = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\\d.]+/g).map(Number);
    return text.startsWith("color(") ? [255 * red, 255 * green, 255 * blue, alpha] : [red, green, blue, alpha];
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = channels(getComputedStyle(each).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const light = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((each) => {
      const part = each / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!own || !visible(element)) continue;
    const style = getComputedStyle(element);
    const [dark, bright] = [light(channels(style.color)), light(ground(element))].sort((one, two) => one - two);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < needed) faults.push(`${said(element)}: contrast ${ratio.toFixed(2)}, expected ${needed}`);
  }
  return faults;
}"""


def faults(page: Page) -> list[str]:
    """Answer what is wrong with a page for those who read it by ear, by keyboard, or with weak eyes."""
    found: list[str] = page.evaluate(_AUDIT)
    return [f"{page.url}: {fault}" for fault in found]
