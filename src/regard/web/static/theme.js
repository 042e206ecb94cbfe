// Before the first paint: the theme that somebody chose on this machine, if they did.
(() => {
  const chosen = localStorage.getItem("regard-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
