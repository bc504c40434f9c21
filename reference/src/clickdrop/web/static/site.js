"use strict";
// Pages work without this: it suggests addresses while one types, adds up what is ticked, looks again at what is not done
// yet, and shows how orders come along.

for (const box of document.querySelectorAll("[data-suggest]")) {
  const input = box.querySelector("input");
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.hidden = true;
  box.append(list);
  let asked = 0;
  input.addEventListener("input", async () => {
    const mine = ++asked;
    const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(input.value)}`);
    const found = answer.ok ? await answer.json() : [];
    if (mine !== asked) return;
    list.replaceChildren(...found.map((contact) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = [contact.reference, contact.full_name || contact.company_name, contact.postcode].filter(Boolean).join(" · ");
      button.addEventListener("click", () => {
        input.value = contact.reference;
        for (const [name, value] of Object.entries(contact)) {
          const field = name === "reference" ? null : box.closest("form").elements.namedItem(name);
          if (field) field.value = value;
        }
        list.hidden = true;
      });
      item.append(button);
      return item;
    }));
    list.hidden = found.length === 0;
  });
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") list.hidden = true; });
}

const total = document.querySelector("[data-total]");
if (total) {
  const form = total.closest("form");
  const add = () => {
    const ticked = [...form.querySelectorAll("tbody tr")].filter((row) => row.querySelector("input:checked"));
    const pence = ticked.reduce((sum, row) => sum + Math.round(100 * row.querySelector("[data-amount]").dataset.amount), 0);
    total.textContent = `${(pence / 100).toFixed(2)} ${total.dataset.currency}`;
  };
  form.addEventListener("change", add);
  add();
}

if (document.querySelector("[data-wait]")) setTimeout(() => location.reload(), 1000);

const table = document.querySelector("[data-events]");
if (table) {
  let events = null;
  // A browser has few connections for a site: pages that nobody looks at need none.
  const listen = () => {
    events?.close();
    events = document.hidden ? null : new EventSource(table.dataset.events);
    events?.addEventListener("status", (event) => {
      const order = JSON.parse(event.data);
      const cell = table.querySelector(`[data-order="${CSS.escape(String(order.identifier))}"]`);
      if (!cell) return;
      const badge = document.createElement("span");
      badge.className = `badge s-${order.status}`;
      badge.textContent = order.words;
      cell.replaceChildren(badge);
    });
  };
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => events?.close());
  listen();
}
