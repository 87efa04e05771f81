// The page that the demo leaves: everything in one file, pictures included.
import sharp from 'sharp';

export async function thumbnail(bytes) {
  const jpeg = await sharp(bytes)
    .resize(320, 240, { fit: 'cover', position: 'attention' })
    .jpeg({ quality: 78 })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

/**
 * `pictures`: { id, title, credit, image, concepts: [{ name, value }] };
 * `searches`: { words } or { image, title }, each with hits: [{ id, score }].
 */
export function renderPage({ url, app, pictures, searches, credits }) {
  const byId = new Map(pictures.map((picture) => [picture.id, picture]));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Limpid demo</title>
<style>${STYLE}</style>
<header>
  <h1>Limpid</h1>
  <p>${pictures.length} pictures, uploaded to app <code>${text(app)}</code> at <code>${text(url)}</code>
  with the official Node client; named, embedded and searched on this machine.</p>
</header>
<h2>Searches</h2>
${searches.map((search) => renderSearch(search, byId)).join('\n')}
<h2>What the pictures show</h2>
<div class="grid">
${pictures.map(renderPicture).join('\n')}
</div>
<footer>${credits.map(({ title, credit }) => `${text(title)}: ${text(credit)}`).join(' · ')}</footer>
</html>
`;
}

function renderPicture({ title, image, concepts }) {
  return `<figure><img src="${image}" alt="${text(title)}"><figcaption><b>${text(title)}</b>
<ul>${concepts.map(renderConcept).join('')}</ul></figcaption></figure>`;
}

function renderConcept({ name, value }) {
  const percent = Math.round(value * 100);
  return `<li><span>${text(name)}</span><meter min="0" max="100" value="${percent}"></meter><i>${percent} %</i></li>`;
}

function renderSearch({ kind, words, image, title, hits }, byId) {
  const asked = image
    ? `<img src="${image}" alt="${text(title)}"><b>${text(title)}</b>`
    : `<q>${text(words)}</q>`;
  const found = hits.map(({ id, score }) => {
    const { title: name, image: shown } = byId.get(id);
    return `<figure><img src="${shown}" alt="${text(name)}"><figcaption><span>${text(name)}</span><i>${score.toFixed(2)}</i></figcaption></figure>`;
  });
  return `<section><div class="asked"><small>${text(kind)}</small>${asked}</div>
<div class="hits">${found.join('')}</div></section>`;
}

function text(value) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(value).replace(/[&<>"']/g, (found) => entities[found]);
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dfe4ea, #39424e); --card: light-dark(#fff, #1d232b);
  --dim: light-dark(#5b6675, #9aa6b5); --accent: light-dark(#0b6bcb, #6db3f8); }
body { margin: 0 auto; max-width: 1120px; padding: 28px 36px; font: 15px/1.45 system-ui, sans-serif;
  background: light-dark(#f6f8fa, #12161b); color: light-dark(#1c2430, #e8edf3); }
h1 { margin: 0; font-size: 30px; color: var(--accent); }
h2 { margin: 30px 0 12px; font-size: 19px; }
header p, footer, small, i { color: var(--dim); font-style: normal; }
header p { margin: 4px 0 0; }
img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: cover; border-radius: 6px; }
figure { margin: 0; }
section { display: grid; grid-template-columns: 190px 1fr; gap: 20px; align-items: center; padding: 10px 16px;
  margin-bottom: 10px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.asked small { display: block; margin-bottom: 4px; }
.asked img { width: 150px; margin-bottom: 4px; }
.asked q { font-size: 18px; font-weight: 600; }
.hits { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 12px; }
.hits img { aspect-ratio: 3 / 2; }
.hits figcaption { font-size: 13px; margin-top: 3px; display: flex; justify-content: space-between; gap: 6px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 14px; }
.grid figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px; }
.grid figcaption { margin-top: 8px; }
ul { list-style: none; margin: 4px 0 0; padding: 0; font-size: 13px; }
li { display: grid; grid-template-columns: 1fr 60px 42px; gap: 8px; align-items: center; }
li span, .hits span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
li i { text-align: right; white-space: nowrap; }
meter { width: 100%; height: 9px; }
footer { margin-top: 28px; font-size: 12px; }
`;
