// What Swagger UI and Scalar leave out for people who use a keyboard, a screen reader or have weak sight: contrast by
// style sheet, names and levels by a script that looks after each change of the page.

/** Colours of at least 4.5 : 1, and links that a finger hits. */
export const SWAGGER_STYLE = `
.swagger-ui .info .title small pre { color: #fff }
.swagger-ui .info .title small { background: #5b6270 }
.swagger-ui .info .title small.version-stamp { background: #4a6a00 }
.swagger-ui .info a, .swagger-ui a.nostyle span.url, .swagger-ui .info .base-url, .swagger-ui .info .link { color: #1f5fa8 }
.swagger-ui .info__contact a, .swagger-ui .info__license a { display: inline-block; min-height: 24px; min-width: 24px; line-height: 24px }
.swagger-ui .info__contact > div, .swagger-ui .info__license { padding: 4px 0 }
.swagger-ui .opblock-tag small, .swagger-ui .opblock .opblock-section-header > label { color: #3b4151 }
.swagger-ui .opblock .opblock-summary-method { color: #000; text-shadow: none; background: #fff; border: 2px solid currentColor }
.swagger-ui .opblock.opblock-deprecated .opblock-summary-description { color: #3b4151 }
.swagger-ui .opblock-deprecated, .swagger-ui .opblock.opblock-deprecated { opacity: 1 }
.swagger-ui .prop-format, .swagger-ui .parameter__in, .swagger-ui .parameter__enum, .swagger-ui .parameter__extension, .swagger-ui .response-col_links { color: #4b5263 }
.swagger-ui .parameter__name.required span, .swagger-ui .parameter__name.required::after { color: #b00020 }
.swagger-ui .btn.authorize { color: #1a6b45; border-color: #1a6b45 }
.swagger-ui .btn.authorize svg { fill: #1a6b45 }
.swagger-ui .tab li button.tablinks { color: #3b4151 }
.swagger-ui .btn.try-out__btn.cancel, .swagger-ui .btn.cancel { color: #a3131c; border-color: #a3131c }
.swagger-ui .btn.execute { background: #1f5fa8; border-color: #1f5fa8 }
.swagger-ui .microlight span[style*='211, 99, 99'] { color: #ff9c9c !important }
`;

/** The same for Scalar, whose colours are variables. */
export const SCALAR_STYLE = `
.light-mode { --scalar-color-2: #474747; --scalar-color-3: #5c5c5c; --scalar-color-green: #00693f; --scalar-color-blue: #0a58b8; --scalar-color-orange: #9a4a00; --scalar-color-yellow: #7a5b00; --scalar-color-red: #b3141d; --scalar-color-purple: #6b3fb3; --scalar-color-accent: #0a58b8 }
.dark-mode { --scalar-color-3: #a8a8a8 }
.sidebar-search-placeholder { color: #5c5c5c }
`;

/** Which elements get which attributes. */
const FIXES: readonly (readonly [
  selector: string,
  attributes: Readonly<Record<string, string>>,
])[] = [
  ['.swagger-ui h3, .swagger-ui .models > h4', { role: 'heading', 'aria-level': '2' }],
  ['.swagger-ui h4', { role: 'heading', 'aria-level': '3' }],
  ['.swagger-ui h5', { role: 'heading', 'aria-level': '4' }],
  ['.swagger-ui .information-container', { role: 'region', 'aria-label': 'About the API' }],
  ['.swagger-ui .schemes-server-container', { role: 'region', 'aria-label': 'Server and sign-in' }],
  ['.swagger-ui .filter-container', { role: 'search', 'aria-label': 'Filter of operations' }],
  ['.swagger-ui select#servers', { 'aria-label': 'Server' }],
  ['.swagger-ui select#select', { 'aria-label': 'Version of the API' }],
  ['.swagger-ui .content-type-wrapper select', { 'aria-label': 'Media type' }],
  ['.swagger-ui .examples-select-element', { 'aria-label': 'Example' }],
  ['.swagger-ui .operation-filter-input', { 'aria-label': 'Filter by tag' }],
  ['.swagger-ui textarea.body-param__text', { 'aria-label': 'Body of the request' }],
  ['.swagger-ui .parameters-col_description select', { 'aria-label': 'Value of the parameter' }],
  ['.scalar-card-checkbox-input', { 'aria-label': 'Show the schema' }],
  ['button.group\\/toggle', { 'aria-label': 'Dark colours' }],
  ['.swagger-ui .highlight-code pre, .swagger-ui .microlight', { tabindex: '0' }],
];

/**
 * Links that show nothing but an icon are named by where they lead. Those inside of buttons are none: the button does
 * the same.
 */
export const ACCESSIBILITY_SCRIPT = `const fixes = ${JSON.stringify(FIXES)};
function name() {
  for (const [selector, attributes] of fixes)
    for (const element of document.querySelectorAll(selector))
      for (const [attribute, value] of Object.entries(attributes))
        if (!element.hasAttribute(attribute)) element.setAttribute(attribute, value);
  for (const link of document.querySelectorAll('.swagger-ui button a[href]')) link.removeAttribute('href');
  for (const link of document.querySelectorAll('a[href]'))
    if (link.textContent.trim() === '' && !link.hasAttribute('aria-label'))
      link.setAttribute('aria-label', link.getAttribute('href').replace(/^mailto:/, 'Mail to '));
}
new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
name();
`;
