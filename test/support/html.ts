// What a browser would find in a page: scripts and styles within it, and the addresses it loads or leads to.
import { createHash } from 'node:crypto';

/** Contents of `<script>` elements without `src`. */
export function inlineScripts(html: string): string[] {
  return [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi)].map(
    ([, content = '']) => content,
  );
}

/** Contents of `<style>` elements. */
export function inlineStyles(html: string): string[] {
  return [...html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map(([, content = '']) => content);
}

/** Values of `src` and `href`. */
export function urlsOf(html: string): string[] {
  return [...html.matchAll(/\s(?:src|href)="([^"]*)"/gi)].map(([, url = '']) => url);
}

/** The source expression that allows this content in a Content-Security-Policy. */
export function cspHash(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
