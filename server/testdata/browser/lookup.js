// Uses the look-up page as an agent does, in a real browser, and prints what is
// seen as JSON, a line for each step. Arguments: the server's URL, a token, a
// chromium, and where to put pictures.
"use strict";
const [url, token, chromium, pictures] = process.argv.slice(2);
const { chromium: browsers } = require("playwright-core");

const say = (step, seen) => console.log(JSON.stringify({ step, ...seen }));

(async () => {
	const browser = await browsers.launch({ executablePath: chromium, args: ["--no-sandbox"] });
	const page = await browser.newPage();
	const problems = [];
	page.on("pageerror", (e) => problems.push(String(e)));
	page.on("console", (m) => { if (m.type() === "error" && !/40[01]|503/.test(m.text())) problems.push(m.text()); });
	const seen = async () => ({
		title: await page.title(),
		status: await page.textContent("#status"),
		caption: await page.textContent("#users caption"),
		table: await page.isVisible("#users"),
		rows: await page.$$eval("#users tbody tr", (rows) => rows.map((r) => [...r.cells].map((c) => c.textContent))),
		images: await page.$$eval("img", (all) => all.length),
		focus: await page.evaluate(() => document.activeElement.id),
	});
	const ask = async (number) => {
		await page.fill("#phone", number);
		const answer = page.waitForResponse(/api\/lookup/);
		await page.keyboard.press("Enter");
		await answer;
		await page.waitForFunction(() => document.getElementById("status").textContent !== "Looking it up…");
	};
	await page.goto(url + "/console/lookup");
	say("opened", await seen());
	await page.focus("#phone");
	await ask("0412 345 678");
	say("without a token", await seen());
	await page.fill("#token", token);
	await page.focus("#phone");
	await ask("0412 345 678");
	say("several accounts", await seen());
	await page.screenshot({ path: pictures + "/lookup.png" });
	await ask("+61400000000");
	say("nobody", await seen());
	await ask("anonymous");
	say("no number", await seen());
	await page.reload();
	await page.focus("#phone");
	await ask("+61412345678");
	say("the token is remembered in this tab", await seen());
	say("end", { problems });
	await browser.close();
})().catch((e) => { console.error(e); process.exit(1); });
