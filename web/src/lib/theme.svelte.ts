// Light or dark: the system's, until somebody chooses here (static/theme.js applies the choice before anything is drawn).
const system = matchMedia('(prefers-color-scheme: dark)');

class Theme {
  #chosen = $state(document.documentElement.dataset.theme);
  #system = $state(system.matches);

  constructor() {
    system.addEventListener('change', () => (this.#system = system.matches));
  }

  get dark() {
    return this.#chosen ? this.#chosen === 'dark' : this.#system;
  }

  toggle() {
    const theme = this.dark ? 'light' : 'dark';
    this.#chosen = document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem('theme', theme);
    } catch {
      // Then the choice lasts as long as the page.
    }
  }
}

export const theme = new Theme();
