// A custom phone provider for Auth0 that hands every message to callflow.
// Secrets: GATEWAY_URL, GATEWAY_SECRET, GATEWAY_SUBJECT, GATEWAY_AUDIENCE.
const crypto = require('crypto');

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(secrets) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: secrets.GATEWAY_SUBJECT, aud: secrets.GATEWAY_AUDIENCE, iat: now, exp: now + 60 };
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  const mac = crypto.createHmac('sha256', secrets.GATEWAY_SECRET).update(text).digest('base64url');
  return `${text}.${mac}`;
}

exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { notification, request, secrets } = event;
  const message = {
    recipient: notification.recipient,
    body: notification.delivery_method === 'voice' ? notification.as_voice : notification.as_text,
    code: notification.code,
    sender: notification.from,
    delivery_method: notification.delivery_method,
    locale: notification.locale,
    message_type: notification.message_type,
    req: request ? { ip: request.ip, 'user-agent': request.user_agent } : undefined,
  };
  let status;
  try {
    const response = await fetch(secrets.GATEWAY_URL, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${sign(secrets)}` },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(12000),
    });
    status = response.status;
  } catch (err) {
    return api.notification.retry('callflow does not answer');
  }
  if (status === 200) return;
  // What is refused (400, 401, 403, 429) is refused the next time too.
  const reason = `callflow answered ${status}`;
  return status >= 500 ? api.notification.retry(reason) : api.notification.drop(reason);
};
