import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, loadEnv } from 'vite';

export default defineConfig(({ mode }) => {
  // While developing (`npm run dev -w web`) the API comes from a server that runs beside.
  const server = loadEnv(mode, '.', 'TRACTION_').TRACTION_SERVER ?? 'http://127.0.0.1:8080';
  return {
    plugins: [tailwindcss(), sveltekit()],
    build: { reportCompressedSize: false },
    server: { proxy: { '/api': server, '/docs': server } },
  };
});
