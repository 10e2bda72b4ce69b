"use strict";
(() => {
  const all = (open) => document.querySelectorAll("details").forEach((one) => { one.open = open; });
  document.getElementById("open").addEventListener("click", () => all(true));
  document.getElementById("close").addEventListener("click", () => all(false));
  // Paper cannot be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    all(true);
  });
  addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));
  // A link to a trace opens it.
  const show = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();
})();
