"use strict";

const byId = (id) => document.getElementById(id);
const kinds = { passwordless: "sign-in by code", identifier: "identifier", mfa: "second factor" };

// A tab keeps its token; another one asks anew.
byId("token").value = sessionStorage.getItem("token") || "";

byId("ask").addEventListener("submit", async (event) => {
	event.preventDefault();
	const token = byId("token").value.trim();
	sessionStorage.setItem("token", token);
	show("Looking it up…");
	byId("users").hidden = true;
	try {
		const headers = token ? { Authorization: "Bearer " + token } : {};
		const where = "../api/lookup?phone=" + encodeURIComponent(byId("phone").value);
		const answer = await fetch(where, { headers, cache: "no-store" });
		const body = await answer.json();
		if (answer.status === 401) {
			byId("access").open = true;
			byId("token").focus();
		}
		if (!answer.ok) {
			show(body.error, true);
			return;
		}
		list(body);
	} catch {
		show("The server does not answer. Try again in a moment.", true);
	}
});

function show(text, problem) {
	byId("status").textContent = text;
	byId("status").className = problem ? "problem" : "";
}

function list({ number, users, more }) {
	if (users.length === 0) {
		show("Nobody has " + number + ".");
		return;
	}
	show(more ? "More users have this number than are shown." : "");
	const table = byId("users");
	table.caption.textContent = number + ": " + (users.length === 1 ? "one user" : users.length + " users");
	table.tBodies[0].replaceChildren(...users.map((user) => {
		const row = document.createElement("tr");
		const cells = [user.account || "", user.name || "", user.kinds.map((k) => kinds[k] || k).join(", "), user.id, user.updated ? new Date(user.updated).toLocaleDateString() : ""];
		for (const text of cells) {
			// Names are what users have written: text, and nothing else.
			row.appendChild(document.createElement("td")).textContent = text;
		}
		return row;
	}));
	table.hidden = false;
}
