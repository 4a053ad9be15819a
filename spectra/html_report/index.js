"use strict";
// Sorts the table of an index by the values of its cells.
const body = document.querySelector("tbody");
const headings = [...document.querySelectorAll("th button")];
let sorted = -1, up = true;

function sortBy(column) {
  up = column === sorted ? !up : true;
  sorted = column;
  const value = (row) => row.cells[column].dataset.value;
  const sign = up ? 1 : -1, key = (text) => (text === "nan" ? -Infinity : Number(text));
  const compare = column === 1 ? (a, b) => value(a).localeCompare(value(b))
    : (a, b) => key(value(a)) - key(value(b));
  body.replaceChildren(...[...body.rows].sort((a, b) => sign * compare(a, b)));
  headings.forEach((button, i) => {
    button.textContent = button.textContent.replace(/ [▲▼]$/, "") + (i === sorted ? (up ? " ▲" : " ▼") : "");
    button.parentElement.setAttribute("aria-sort", i === sorted ? (up ? "ascending" : "descending") : "none");
  });
}

headings.forEach((button, i) => button.addEventListener("click", () => sortBy(i)));
document.body.dataset.ready = "yes";
