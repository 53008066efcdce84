"""The pages in a real browser: by mouse, by keyboard alone, without JavaScript, narrow, light and dark."""

import pytest

from tests.web.browser.conftest import Open, Watched

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = (
    "/",
    "/orders",
    "/orders/FR-LATE-VAT-ID",
    "/orders/FR-LATE-VAT-ID/refund",
    "/orders/FR-LATE-VAT-ID/refund?share=amount&amount=50&tax=included&reason=goodwill",
    "/orders/FR-LATE-VAT-ID/tax-refund",
    "/documents",
    "/tax-ids",
    "/calculator",
    "/audit",
    "/settings",
    "/help",
)
# What stands on a page and is wrong with it, found in the page itself.
FAULTS = """() => {
  const seen = e => e.getClientRects().length && e.checkVisibility() && !e.closest('dialog');
  const found = [];
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (seen(e) && !e.labels.length && !e.ariaLabel) found.push('no label: ' + e.name);
  const levels = [...document.querySelectorAll('h1,h2,h3,h4')].filter(seen).map(e => +e.tagName[1]);
  if (levels.filter(l => l === 1).length !== 1) found.push('h1: ' + levels);
  levels.forEach((l, n) => { if (n && l > levels[n - 1] + 1) found.push('skipped heading: ' + levels); });
  for (const mark of ['header', 'main', 'footer'])
    if (document.querySelectorAll('body > ' + mark).length !== 1) found.push('landmark ' + mark);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of new Set(ids)) if (ids.filter(i => i === id).length > 1) found.push('id twice: ' + id);
  const targets = 'button, summary, select, input:not([type=hidden]), a.button, a[data-row], nav a';
  for (const e of document.querySelectorAll(targets)) {
    const box = e.getBoundingClientRect();
    if (seen(e) && (box.height < 24 || box.width < 24)) found.push('small: ' + e.outerHTML.slice(0, 80));
  }
  for (const e of document.querySelectorAll('button, a, summary'))
    if (seen(e) && !(e.innerText.trim() || e.ariaLabel)) found.push('no name: ' + e.outerHTML.slice(0, 80));
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push('scrolls sideways');
  return found;
}"""


def assert_calm(watched: Watched) -> None:
    assert watched.complaints == []
    assert watched.strangers == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_whole_in_every_shape(open_page: Open, theme: str, width: int) -> None:
    watched = open_page(color_scheme=theme, viewport={"width": width, "height": 800})
    watched.sign_in("admin@taxdesk.example")
    for path in PAGES:
        watched.go(path)
        assert watched.page.evaluate(FAULTS) == [], path
        ground = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(244, 246, 249)", "dark": "rgb(16, 21, 27)"}[theme], path
    assert_calm(watched)


def test_the_theme_can_be_turned_without_javascript(open_page: Open) -> None:
    watched = open_page(color_scheme="light", java_script_enabled=False)
    watched.sign_in()
    watched.page.click(".menu summary")
    watched.page.click("text=Dark theme")
    assert watched.page.locator("html").get_attribute("data-theme") == "dark"


@pytest.mark.parametrize(
    ("order", "number", "amount", "scripts"),
    [
        ("FR-LATE-VAT-ID", "fr 29 999 001 001", "EUR\u00a089.40", True),
        ("AT-ENGLISH", "ATU66059506", "EUR\u00a09.80", False),
    ],
    ids=["with JavaScript", "without"],
)
def test_three_clicks_give_the_tax_back(
    open_page: Open, order: str, number: str, amount: str, *, scripts: bool
) -> None:
    watched = open_page(java_script_enabled=scripts)
    page = watched.page
    watched.sign_in()
    watched.go(f"/orders/{order}")
    page.click("a.primary:has-text('Refund tax')")
    page.fill("#number", number)
    page.click("button:has-text('Check the VAT ID')")
    page.wait_for_selector("text=Confirmed by the register")
    button = page.locator(f"button:has-text('Refund {amount} VAT and send credit note')")
    button.dblclick() if scripts else button.click()
    page.wait_for_url(f"**/orders/{order}?done=*")
    assert page.locator(".notice.good").inner_text().startswith(f"{amount} refunded")
    for _ in range(60):
        if page.locator("a[download]").count() >= 3:
            break
        page.wait_for_timeout(500)
        page.reload()
    assert page.locator("#documents ~ ul li").count() == 3, "evidence, credit note and new invoice, each once"
    page.go_back()
    assert_calm(watched)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_part_of_the_price_is_refunded_by_keyboard(open_page: Open, *, scripts: bool) -> None:
    watched = open_page(java_script_enabled=scripts)
    page = watched.page
    watched.sign_in()
    watched.go("/orders/CH-CHARGED" if scripts else "/orders/FR-REGISTER-DOWN")
    page.click("a.button:has-text('Refund the order')")
    page.focus("#share-amount")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("10,00")
    page.select_option("#reason", "goodwill")
    page.focus("#amount")
    page.keyboard.press("Enter")
    button = page.locator("main button.primary")
    button.wait_for()
    assert "10.00 and send credit note" in button.inner_text()
    button.click()
    page.wait_for_url("**?done=*")
    assert "10.00 refunded" in page.locator(".notice.good").inner_text()
    assert_calm(watched)


def test_a_document_is_shown_in_the_page_and_downloaded(open_page: Open) -> None:
    watched = open_page()
    page = watched.page
    watched.sign_in()
    watched.go("/orders/DE-BUYER-DETAILS/tax-refund")
    page.fill("#number", "DE999001001")
    page.keyboard.press("Enter")
    page.click("button:has-text('Issue the corrected invoice')")
    for _ in range(60):
        if page.locator("a[download]").count() >= 2:
            break
        page.wait_for_timeout(500)
        page.reload()
    page.locator("#documents ~ ul a[data-row]").first.click()
    page.wait_for_selector("#preview summary")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(500)
    assert [url for url in asked if url.endswith("/preview")] == [], "who does not open it downloads nothing"
    with page.expect_response("**/preview") as shown:
        page.keyboard.press("p")
    assert shown.value.status == 200
    with page.expect_download() as download:
        page.click("text=Download PDF")
    assert download.value.suggested_filename.endswith(".pdf")
    page.click("a[href^='/verify/']")
    assert page.locator("h1").inner_text() == "This number is one of ours"
    assert [c for c in watched.complaints if "pdf" not in c.lower()] == []
    assert watched.strangers == []


def test_the_keyboard_alone_is_enough(open_page: Open) -> None:
    watched = open_page()
    page = watched.page
    watched.go("/login")
    watched.has_focus("#email")
    page.keyboard.type("agent@taxdesk.example")
    page.keyboard.press("Tab")
    page.keyboard.type("taxdesk-demo-2026")
    page.keyboard.press("Enter")
    page.wait_for_url(watched.site + "/")
    page.keyboard.press("/")
    page.keyboard.type("lumière")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders?query=*")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "FR-REGISTER-DOWN"
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/FR-REGISTER-DOWN")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url(watched.site + "/")
    watched.go("/orders/FR-REGISTER-DOWN/tax-refund")
    watched.has_focus("#number")
    page.keyboard.type("FR57999003015")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The register has not answered")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.startsWith('Keep the request')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**?done=*")
    assert "The request is kept" in page.locator("main").inner_text()
    assert_calm(watched)


def test_what_has_the_focus_is_seen_and_not_hidden(open_page: Open) -> None:
    watched = open_page(viewport={"width": 1280, "height": 400})
    watched.sign_in()
    watched.go("/orders")
    for _ in range(30):
        watched.page.keyboard.press("Tab")
        focus = watched.page.evaluate(
            """() => { const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
              const bar = document.querySelector('header.top').getBoundingClientRect();
              if (e === document.body) return null;  // past the last one
              return {at: e.outerHTML.slice(0, 60), outline: style.outlineStyle,
                      hidden: !e.closest('header, .skip') && box.top < bar.bottom && box.bottom > bar.top}; }"""
        )
        if focus is None:
            break
        assert focus["outline"] != "none", focus
        assert not focus["hidden"], focus


def test_the_keys_can_be_switched_off(open_page: Open) -> None:
    watched = open_page()
    watched.sign_in()
    watched.go("/settings")
    watched.page.select_option("#keys", "off")
    watched.page.click("main button.primary")
    watched.page.keyboard.press("/")
    assert watched.page.evaluate("document.activeElement.id") != "find"


def test_a_mistake_is_read_first_and_leads_to_its_field(open_page: Open) -> None:
    watched = open_page()
    page = watched.page
    watched.sign_in()
    watched.go("/orders/CH-CHARGED/tax-refund")
    page.fill("#number", "FR00")
    page.keyboard.press("Enter")
    page.wait_for_selector("#faults")
    assert page.evaluate("document.activeElement.id") == "faults"
    page.click("#faults a")
    assert page.evaluate("document.activeElement.id") == "number"
    assert page.input_value("#number") == "FR00"
    assert watched.strangers == []


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_a_tax_is_calculated_by_keyboard_and_without_scripts(open_page: Open, java_script_enabled: bool) -> None:
    watched = open_page(java_script_enabled=java_script_enabled)
    watched.sign_in()
    page = watched.page
    page.click("nav >> text=Calculator")
    page.select_option("#country", "CA")
    page.fill("#state", "QC")
    page.select_option("#currency", "CAD")
    page.focus("#amount_0")
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer")
    assert "CAD\xa0114.98" in page.inner_text("main").replace(" ", "\xa0")
    page.locator("details.why summary").first.press("Enter")
    assert "Excise Tax Act" in page.inner_text("details.why")
    if java_script_enabled:
        assert page.evaluate(FAULTS) == []
    page.click("text=One line more")
    page.wait_for_selector("#amount_1")
    assert page.input_value("#amount_0") == "100"
    assert_calm(watched)
