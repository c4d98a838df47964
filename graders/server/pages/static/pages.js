"use strict";
// What pages do beyond their forms and links, which work without it. Nothing is put into a page as HTML.

const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.again));

for (const form of document.querySelectorAll("form[data-least]")) {
  const button = form.querySelector("button");
  if (!button) continue;
  const count = () => {
    button.disabled = form.querySelectorAll(":checked").length < Number(form.dataset.least);
  };
  form.addEventListener("change", count);
  count();
}

const trial = document.querySelector("form.trial");
if (trial) {
  const grade = trial.querySelector("button.main");
  document.getElementById("keys").hidden = false;
  trial.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      trial.requestSubmit(grade);
    }
  });
  for (const area of trial.querySelectorAll("[data-json]")) {
    const said = document.createElement("p");
    said.className = "live";
    said.setAttribute("role", "status");
    area.after(said);
    area.addEventListener("input", () => {
      let problem = "";
      try {
        if (area.value.trim()) JSON.parse(area.value);
      } catch (error) {
        problem = `not valid JSON yet: ${error.message}`;
      }
      said.textContent = problem;
    });
  }
  if (document.getElementById("result")) document.getElementById("result").focus({ preventScroll: true });
}
