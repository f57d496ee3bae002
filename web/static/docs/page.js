// Shows /openapi.json with Swagger UI. Nothing is asked of any other server.
const chosen = document.documentElement.dataset.theme;
const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.classList.toggle('dark-mode', dark);

SwaggerUIBundle({
  url: '/openapi.json' + location.search,
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  filter: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
