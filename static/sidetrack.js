// The pages work without this file. It keeps the theme switch, puts focus at a refused field, and
// uncovers the made-up cover when a picture cannot be loaded.
"use strict";
(() => {
  const root = document.documentElement;
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);

  const keep = (theme) => {
    root.dataset.theme = theme;
    // The server writes the attribute from the cookie, so that the next page does not flash.
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };

  const showSwitch = () => {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      button.hidden = false;
      button.textContent = isDark() ? "Turn the lights on" : "Turn the lights off";
    }
  };

  const focusRefused = () => {
    const refused = document.querySelector('[aria-invalid="true"], [data-refused]');
    if (refused) refused.focus();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    keep(isDark() ? "light" : "dark");
    showSwitch();
  });

  // `error` does not bubble; the capture phase sees it.
  document.addEventListener("error", (event) => {
    if (event.target.matches?.(".cover img")) event.target.remove();
  }, true);

  document.addEventListener("DOMContentLoaded", () => {
    showSwitch();
    focusRefused();
    for (const image of document.querySelectorAll(".cover img")) {
      if (image.complete && image.naturalWidth === 0) image.remove();
    }
  });
  // Only after a form was sent: a search that fills in while one types must not take the focus away.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.verb === "post") focusRefused();
  });
  systemDark.addEventListener("change", showSwitch);
})();
