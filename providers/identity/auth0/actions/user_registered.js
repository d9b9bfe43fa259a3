// Tells callflow of a user who has just registered, so that the index of telephone
// numbers has them. Nobody waits for it.
//
// Trigger: post-user-registration. Secrets: CALLFLOW_URL, CALLFLOW_SECRET.
exports.onExecutePostUserRegistration = async (event) => {
  const res = await fetch(event.secrets.CALLFLOW_URL, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${event.secrets.CALLFLOW_SECRET}` },
    body: JSON.stringify({ user_id: event.user.user_id }),
    signal: AbortSignal.timeout(5000),
  });
  if (!res.ok) {
    console.log(`callflow answers ${res.status}`);
  }
};
