// The little that needs a script: the theme switch.
(() => {
  const choice = document.querySelector("[data-theme-choice]");
  if (!choice) return;
  choice.value = document.documentElement.dataset.theme || "";
  choice.parentElement.hidden = false;
  choice.addEventListener("change", () => {
    if (choice.value) {
      localStorage.setItem("regard-theme", choice.value);
      document.documentElement.dataset.theme = choice.value;
    } else {
      localStorage.removeItem("regard-theme");
      delete document.documentElement.dataset.theme;
    }
  });
})();
