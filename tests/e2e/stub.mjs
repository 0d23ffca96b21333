import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './server.mjs';

/** Puts this repository's page in place of an older one that the binary has. */
export async function withoutViews(client) {
  const read = client.readResource.bind(client);
  client.readResource = async (params) => {
    const answer = await read(params);
    const content = answer.contents[0];
    if (content.text.includes('ui/initialize') && !process.env.TOOLFACE_FRESH_PAGE) return answer;
    const page = readFileSync(join(repository, 'web/dist/view.html'), 'utf8');
    const data = /<script type="application\/json" id="toolface">.*?<\/script>/.exec(content.text)[0];
    const title = /<title>.*?<\/title>/.exec(content.text)[0];
    const skeleton = /<div id="root">(.*?<\/div>)<\/div>/s.exec(content.text)?.[1] ?? '';
    content.text = page.replace('<!--toolface:skeleton-->', () => skeleton).replace('<!--toolface:data-->', () => data).replace('<title>Toolface</title>', () => title);
    return answer;
  };
  return client;
}
