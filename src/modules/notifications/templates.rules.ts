// Messages to customers and sellers, in English and Filipino. An SMS has no subject, so each text stands alone.
import type { Language } from '../../lib/language.ts';

export interface Wording {
  readonly subject: string;
  readonly text: string;
}

export interface OrderFacts {
  readonly order_number: string;
  /** Names of the sellers whose seller orders the message is about. */
  readonly sellers: string;
}

export interface SellerFacts {
  readonly business_name: string;
}

export type Template<Facts> = Readonly<Record<Language, (facts: Facts) => Wording>>;

export interface OrderTemplates {
  readonly customer?: Template<OrderFacts>;
  readonly seller?: Template<OrderFacts>;
}

/** By topic. */
export const ORDER_TEMPLATES: Readonly<Partial<Record<string, OrderTemplates>>> = {
  'order.placed': {
    customer: {
      en: ({ order_number, sellers }) => ({
        subject: `We received your order ${order_number}`,
        text: `We received your order ${order_number} from ${sellers}. We will write again when it is confirmed.`,
      }),
      fil: ({ order_number, sellers }) => ({
        subject: `Natanggap namin ang order mong ${order_number}`,
        text: `Natanggap namin ang order mong ${order_number} mula sa ${sellers}. Susulat kami ulit kapag nakumpirma na ito.`,
      }),
    },
    seller: {
      en: ({ order_number }) => ({
        subject: `New order ${order_number}`,
        text: `You have a new order: ${order_number}. See it under your orders.`,
      }),
      fil: ({ order_number }) => ({
        subject: `Bagong order ${order_number}`,
        text: `May bago kang order: ${order_number}. Tingnan ito sa iyong mga order.`,
      }),
    },
  },
  'order.confirmed': {
    customer: {
      en: ({ order_number, sellers }) => ({
        subject: `Order ${order_number} is confirmed`,
        text: `Your order ${order_number} from ${sellers} is confirmed and being prepared.`,
      }),
      fil: ({ order_number, sellers }) => ({
        subject: `Kumpirmado na ang order ${order_number}`,
        text: `Kumpirmado na ang order mong ${order_number} mula sa ${sellers} at inihahanda na.`,
      }),
    },
  },
  'order.shipped': {
    customer: {
      en: ({ order_number, sellers }) => ({
        subject: `Order ${order_number} is on its way`,
        text: `Your order ${order_number} from ${sellers} is on its way.`,
      }),
      fil: ({ order_number, sellers }) => ({
        subject: `Papunta na ang order ${order_number}`,
        text: `Papunta na sa iyo ang order mong ${order_number} mula sa ${sellers}.`,
      }),
    },
  },
  'order.delivered': {
    customer: {
      en: ({ order_number, sellers }) => ({
        subject: `Order ${order_number} was delivered`,
        text: `Your order ${order_number} from ${sellers} was delivered. Tell others how it was: leave a review.`,
      }),
      fil: ({ order_number, sellers }) => ({
        subject: `Naihatid na ang order ${order_number}`,
        text: `Naihatid na ang order mong ${order_number} mula sa ${sellers}. Mag-iwan ng review para sa ibang mamimili.`,
      }),
    },
  },
  'order.cancelled': {
    customer: {
      en: ({ order_number, sellers }) => ({
        subject: `Order ${order_number} was cancelled`,
        text: `Your order ${order_number} from ${sellers} was cancelled. If you have paid for it, you will get your money back.`,
      }),
      fil: ({ order_number, sellers }) => ({
        subject: `Kinansela ang order ${order_number}`,
        text: `Kinansela ang order mong ${order_number} mula sa ${sellers}. Kung nakabayad ka na, ibabalik ang bayad mo.`,
      }),
    },
    seller: {
      en: ({ order_number }) => ({
        subject: `Order ${order_number} was cancelled`,
        text: `Order ${order_number} was cancelled. Your seller order in it is closed.`,
      }),
      fil: ({ order_number }) => ({
        subject: `Kinansela ang order ${order_number}`,
        text: `Kinansela ang order ${order_number}. Sarado na ang bahagi mo rito.`,
      }),
    },
  },
  'order.due': {
    seller: {
      en: ({ order_number }) => ({
        subject: `Order ${order_number} waits for you`,
        text: `Order ${order_number} will soon be cancelled unless you move it on: confirm or ship it now. Its deadline is shown under your orders.`,
      }),
      fil: ({ order_number }) => ({
        subject: `Naghihintay sa iyo ang order ${order_number}`,
        text: `Malapit nang makansela ang order ${order_number}: kumpirmahin o ipadala na ito. Makikita ang takdang oras nito sa iyong mga order.`,
      }),
    },
  },
  'payment.completed': {
    customer: {
      en: ({ order_number }) => ({
        subject: `We received your payment for ${order_number}`,
        text: `We received your payment for order ${order_number}. Thank you.`,
      }),
      fil: ({ order_number }) => ({
        subject: `Natanggap namin ang bayad para sa ${order_number}`,
        text: `Natanggap namin ang bayad mo para sa order ${order_number}. Salamat.`,
      }),
    },
    seller: {
      en: ({ order_number }) => ({
        subject: `Order ${order_number} is paid`,
        text: `Order ${order_number} is paid.`,
      }),
      fil: ({ order_number }) => ({
        subject: `Bayad na ang order ${order_number}`,
        text: `Bayad na ang order ${order_number}.`,
      }),
    },
  },
};

/** By topic; to the seller's owner. */
export const SELLER_TEMPLATES: Readonly<Partial<Record<string, Template<SellerFacts>>>> = {
  'seller.verified': {
    en: ({ business_name }) => ({
      subject: `${business_name} is verified`,
      text: `${business_name} is verified: your products are on sale.`,
    }),
    fil: ({ business_name }) => ({
      subject: `Beripikado na ang ${business_name}`,
      text: `Beripikado na ang ${business_name}: mabibili na ang iyong mga produkto.`,
    }),
  },
  'seller.suspended': {
    en: ({ business_name }) => ({
      subject: `${business_name} is suspended`,
      text: `${business_name} is suspended: your products are off sale. You can still finish open orders.`,
    }),
    fil: ({ business_name }) => ({
      subject: `Sinuspinde ang ${business_name}`,
      text: `Sinuspinde ang ${business_name}: hindi muna mabibili ang iyong mga produkto. Maaari mo pa ring tapusin ang mga bukas na order.`,
    }),
  },
  'seller.pending': {
    en: ({ business_name }) => ({
      subject: `${business_name} is no longer suspended`,
      text: `${business_name} is no longer suspended: you can prepare your products. They go on sale when we have verified you.`,
    }),
    fil: ({ business_name }) => ({
      subject: `Hindi na suspendido ang ${business_name}`,
      text: `Hindi na suspendido ang ${business_name}: maaari mong ihanda ang iyong mga produkto. Mabibili ang mga ito kapag naberipika na namin kayo.`,
    }),
  },
  'seller.name-approved': {
    en: ({ business_name }) => ({
      subject: `Your new name is ${business_name}`,
      text: `We have looked at your new business name: customers now see ${business_name}.`,
    }),
    fil: ({ business_name }) => ({
      subject: `${business_name} na ang bago mong pangalan`,
      text: `Natingnan na namin ang bago mong pangalan: ${business_name} na ang nakikita ng mga mamimili.`,
    }),
  },
  'seller.payout-destination-set': {
    en: ({ business_name }) => ({
      subject: `${business_name} is paid to another account`,
      text: `The bank account to which ${business_name} is paid was changed. Payouts wait for a day. If it was not you, change your password and write to support.`,
    }),
    fil: ({ business_name }) => ({
      subject: `Ibang account na ang babayaran para sa ${business_name}`,
      text: `Napalitan ang bank account kung saan binabayaran ang ${business_name}. Isang araw munang hihintayin ang bayad. Kung hindi ikaw ito, palitan ang iyong password at sumulat sa support.`,
    }),
  },
  'payout.started': {
    en: ({ business_name }) => ({
      subject: `Money is on its way to ${business_name}`,
      text: `A payout is on its way to the bank account of ${business_name}. See it under your payouts.`,
    }),
    fil: ({ business_name }) => ({
      subject: `May paparating na bayad sa ${business_name}`,
      text: `May paparating na bayad sa bank account ng ${business_name}. Tingnan ito sa iyong mga payout.`,
    }),
  },
  'payout.returned': {
    en: ({ business_name }) => ({
      subject: `A payout to ${business_name} came back`,
      text: `The bank returned a payout to ${business_name}. The money is available to you again: check your payout destination.`,
    }),
    fil: ({ business_name }) => ({
      subject: `Bumalik ang bayad sa ${business_name}`,
      text: `Ibinalik ng bangko ang bayad sa ${business_name}. Nasa balanse mo na ulit ang pera: tingnan kung tama ang iyong bank account.`,
    }),
  },
  'seller.name-refused': {
    en: ({ business_name }) => ({
      subject: `Your name stays ${business_name}`,
      text: `We could not accept your new business name: customers still see ${business_name}. You can ask for another one.`,
    }),
    fil: ({ business_name }) => ({
      subject: `${business_name} pa rin ang pangalan mo`,
      text: `Hindi namin natanggap ang bago mong pangalan: ${business_name} pa rin ang nakikita ng mga mamimili. Maaari kang humiling ng iba.`,
    }),
  },
};
