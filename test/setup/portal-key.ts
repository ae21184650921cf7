/** The key of a customers' portal of tests: made for them, and known to nobody else. */
export const portalPrivateKey = {
  kty: "RSA",
  n: "rAC7DT6Z9O10UOnKI0vJYK5ga3rQNfsn2-KaLS0VYIDf7mEC2_X9_zkQT-zJK8heFoQ50S1nh1xB-zkNOpANvQudo8Re5NNAxAr2UGgnxIAClwAfLt_qNVYwQ8mHRO4a32MN0KpVX1oSi1NsvItzAnGCLMfO2zyN9G-YNE5uZnMmJCJe9cPcbis1vjZoB9br2NQkFVaexgw0xBTEr7Dm7Y1OiecLE5DT9-WG_M7v8QG5S_pNsEAQwwTwe0tls-KM7sEvrh7d3x-6mmULaBKANX9Rwa9YP9IBE3CW6JWbNshT6ruqRxbWAAY-cwxG85t8sbhs3oeZ4r3iWaurRi4e5w",
  e: "AQAB",
  d: "M-Wsipx-23XiCJ_hy7CMPE2g7g0KUZ9MMX43wrW9o3Z_Gm_O6wtX7fALyfHJ6Rn1uZl_0GuAt0jQ57oZEbhxTL76e3U-pJBRFFWyaCRlC1cMcP8qaXxKMHmm6m0eEWA-X3SFsJYUWEbXHY64WlNBClWxT02iTmgA9OXO6MlZajOIyKrVfGai6YNCJcKSMi-RoXb-r8Ipkw1pjQ7-RjUMapXmpBXdfZPDJVb0Tfz0W_zXOtAjtHZj0xCiPj4RrjBhp28zfuDgYH8eV7BEkGXohS-sqjNsby07ixgxmTGTa1w2jmSSArr6PXspTT6j_a0hRmZ9d4hYOUKSxh7lFU3AQQ",
  p: "6eJtQLfVuAbKeo00xwwhK2EX1ZOWxXyNkM1bhWrFz23cq6oYIcxEDSLN3f67rmFcsTF95OxhZuCzEItKxQXysh99KSrLSccHP1m3sNRIOYfdGr7Q6fM-wih2hgMQ_T8LipQ6FyRVDdcW2LhZEcwAwS54Nxy7WyL2nEbAbmgkEjc",
  q: "vERaffoJzeuvz8NKSLSjSvQq0HO0YxJbSg8A-m5hkXUlyMf7AwXhBz0nRyh4kbz-MKE9OYDbyStbXEMqV3OthRuIwhqPbQfDkZ0HMqRu1mTSOL9kQuvYRB44vjQc24c2iNTmMChPooGSvlq3iqXeON1izeAsGkWHeVUNh6R-wNE",
  dp: "kbnVHNfuP-VrT4Sf982k9SRf92EoNhBvHGP3vF9UtPPc5NDsjFJ7rDudTc6kHfjoCjeuG271GWaz64D-q1gTacyY7YeOdn-eEmjSPUlnXwE6UKnH_Zzj45HWl5Vdho07obLNpxGqNR9pSstCJAaaCcPsf1pVmmlkgubKi4AzyW0",
  dq: "B-H0yAGIF48etVw_5_toOuMuR7wQeXVzTQ6Dw_iLLUPyaQ22fNHqMhtlYZ1YLwHywqZ9ocK7cRjXom1NgIvfYAtfFoF2L-J7VcV1X7Fy0pc2FhotYH_vdiqtxYj5DFgE-IWxfaKycuNp-X5i4PNA8rCSSnxwXEk8-t-MyXkhtYE",
  qi: "2Hh_rbTF3Mmp0K8uN48RXU-UV_6MWutB9-IbhrQV0CrJlInyG1NW7T9GiajDTDdgkOnu6Gdd7e3sWfLoD2vTs0FjfNhoBny80l8Q6J1m8_Ws0XXL3UQCF8PE7Q35naaWdzBI__liF6ynW7h-VECiuj-4umMSbGGqmNgMrF6Mcgc",
  kid: "portal-of-tests",
  alg: "RS256",
};

/** What the portal publishes of it. */
const { kty, n, e, kid, alg } = portalPrivateKey;
export const portalKeySet = { keys: [{ kty, n, e, kid, alg, use: "sig" }] };
