'use strict';
// The official Node SDK behind a line protocol: a JSON call per line in, a JSON answer per line out.
// Its only argument is the simulator's address.

const readline = require('node:readline');
const phonepe = require('@phonepe-pg/pg-sdk-node');

console.log = console.error; // What the SDK says must not mix with the answers.

const simulator = process.argv[2];
phonepe.EnvConfig.getBaseUrls = (stage) =>
  stage === phonepe.Env.PRODUCTION
    ? new phonepe.EnvConfig(`${simulator}/apis/pg`, `${simulator}/apis/pg`, `${simulator}/apis/identity-manager`, `${simulator}/apis/pg-ingestion`)
    : new phonepe.EnvConfig(...Array(4).fill(`${simulator}/apis/pg-sandbox`));

let client;
const calls = {
  log_in({ stage, secret }) {
    client = phonepe.StandardCheckoutClient.getInstance('PAVATISIM', secret, 1, phonepe.Env[stage], false);
  },
  pay({ order, amount, redirect_url: redirectUrl }) {
    const meta = phonepe.MetaInfo.builder().udf1('tenant-7').udf11('inv_42').build();
    const request = phonepe.StandardCheckoutPayRequest.builder();
    return client.pay(request.merchantOrderId(order).amount(amount).redirectUrl(redirectUrl).expireAfter(600).metaInfo(meta).build());
  },
  sdk_order({ order, amount }) {
    return client.createSdkOrder(phonepe.CreateSdkOrderRequest.StandardCheckoutBuilder().merchantOrderId(order).amount(amount).build());
  },
  status: ({ order, details }) => client.getOrderStatus(order, details),
  transaction: ({ transaction }) => client.getTransactionStatus(transaction),
  refund({ refund, order, amount }) {
    return client.refund(phonepe.RefundRequest.builder().merchantRefundId(refund).originalMerchantOrderId(order).amount(amount).build());
  },
  refund_status: ({ refund }) => client.getRefundStatus(refund),
  validate: ({ user, password, header, body }) => client.validateCallback(user, password, header, body),
};

async function answer(name, given) {
  try {
    return { got: (await calls[name](given)) ?? null };
  } catch (error) {
    return { error: { kind: error.constructor.name, http_status: error.httpStatusCode ?? null, code: error.code ?? null } };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, given] = JSON.parse(line);
    process.stdout.write(`${JSON.stringify(await answer(name, given))}\n`);
  }
}

main();
