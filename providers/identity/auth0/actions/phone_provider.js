// Has callflow send what Auth0 wants sent to a telephone.
//
// Trigger: custom-phone-provider. Secrets: CALLFLOW_URL, CALLFLOW_KEY (base64url),
// CALLFLOW_SUBJECT, CALLFLOW_AUDIENCE.
const { createHmac } = require("node:crypto");

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

// token is a JWT such as those of Auth0's own SMS gateway requests.
const token = (secrets) => {
  const now = Math.floor(Date.now() / 1000);
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({
    sub: secrets.CALLFLOW_SUBJECT,
    aud: secrets.CALLFLOW_AUDIENCE,
    iat: now,
    exp: now + 60,
  })}`;
  const key = Buffer.from(secrets.CALLFLOW_KEY, "base64url");
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
};

exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, request, secrets } = event;
  let res;
  try {
    res = await fetch(secrets.CALLFLOW_URL, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token(secrets)}` },
      body: JSON.stringify({
        recipient: notification.recipient,
        body: notification.delivery_method === "voice" ? notification.as_voice : notification.as_text,
        code: notification.code,
        sender: notification.from,
        delivery_method: notification.delivery_method,
        locale: notification.locale,
        message_type: notification.message_type,
        req: request ? { ip: request.ip } : undefined,
      }),
      signal: AbortSignal.timeout(15000),
    });
  } catch (error) {
    api.notification.retry(`callflow does not answer: ${error.name}`);
    return;
  }
  if (res.status >= 500 || res.status === 408) {
    api.notification.retry(`callflow answers ${res.status}`);
  } else if (res.status !== 200) {
    api.notification.drop(`callflow answers ${res.status}`);
  }
};
