import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  kit: {
    // One page for every address; the server answers with it whatever is no file and no API. Files also lie there
    // compressed, so that the server need not.
    adapter: adapter({ fallback: 'index.html', precompress: true }),
    output: { bundleStrategy: 'split' },
  },
};
